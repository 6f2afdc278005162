import {
  attributeInt,
  edit,
  isOp,
  requiredInputs,
  type Model,
  type Node,
  type Value,
} from '../../../graph/index.ts';
import { dtypeTable } from '../../../tensor/index.ts';
import type { ShapeMap } from '../../../runtime/index.ts';
import type { LearningOptions } from '../learning-options.ts';

/**
 * What a student is taught, output by output. Class scores are compared before the Softmax that a model may end in, since a softened
 * distribution is made from logits; both models get outputs of the same names for it.
 */
export interface TaughtOutput {
  /** Its name in both models of the pair. */
  readonly name: string;
  readonly kind: OutputKind;
  /** Size of the last axis. */
  readonly width: number;
  /** One row a sample: hard labels can be compared with it. */
  readonly perSample: boolean;
}

export type OutputKind = 'classes' | 'embedding' | 'values';

export interface TaughtPair {
  readonly student: Model;
  readonly teacher: Model;
  readonly outputs: readonly TaughtOutput[];
}

/** Both prepared for training; `shapes` of the teacher, measured. Outputs that are no floats are left out. */
export function pairOutputs(
  student: Model,
  teacher: Model,
  shapes: ShapeMap,
  asked: LearningOptions['outputs'],
): TaughtPair {
  const outputs: TaughtOutput[] = [];
  const ends: { readonly teacher: End; readonly student: End; readonly name: string }[] = [];
  teacher.graph.outputs.forEach((value, i) => {
    const own = student.graph.outputs[i];
    const dims = shapes.get(value);
    if (own === undefined || dims === undefined || dims.length < 2 || !isFloat(value)) return;
    const bare = beforeSoftmax(value, shapes);
    const ownBare = beforeSoftmaxOf(own);
    const skips = bare !== undefined && ownBare !== undefined;
    const end: End = skips ? bare : { value, flatten: false };
    const kind = asked === 'auto' ? kindOf(teacher, value, dims, skips) : asked;
    const name = skips ? `taught_${i}` : value.name;
    if (skips) ends.push({ teacher: end, student: { value: ownBare, flatten: end.flatten }, name });
    const shown = end.flatten ? [dims[0] ?? 1, dims[1] ?? 1] : dims;
    outputs.push({ name, kind, width: shown.at(-1) ?? 1, perSample: shown.length === 2 });
  });
  const names = outputs.map(({ name }) => name);
  return {
    outputs,
    student: withOutputs(
      student,
      ends.map((end) => ({ ...end.student, name: end.name })),
      names,
    ),
    teacher: withOutputs(
      teacher,
      ends.map((end) => ({ ...end.teacher, name: end.name })),
      names,
    ),
  };
}

interface End {
  readonly value: Value;
  /** [N, C, 1, 1] becomes [N, C]. */
  readonly flatten: boolean;
}

/** The model with the outputs named; `ends` are made for it. */
function withOutputs(
  model: Model,
  ends: readonly (End & { readonly name: string })[],
  names: readonly string[],
): Model {
  const same = model.graph.outputs.map(({ name }) => name).join() === names.join();
  if (ends.length === 0 && same) return model;
  return edit(model, (e) => {
    const made = new Map<string, Value>();
    for (const { value, flatten, name } of ends) {
      const output = e.op(flatten ? 'Flatten' : 'Identity', [e.value(value)]);
      e.rename(output, name);
      made.set(name, output);
    }
    const kept = new Map(model.graph.outputs.map((value) => [value.name, e.value(value)]));
    e.setOutputs(
      names.map((name) => {
        const output = made.get(name) ?? kept.get(name);
        if (output === undefined) throw new Error(`${model.graph.name} has no output ${name}`);
        return output;
      }),
    );
    e.removeDead();
  });
}

const isFloat = (value: Value): boolean =>
  value.type?.kind !== 'tensor' ||
  value.type.dtype === undefined ||
  dtypeTable[value.type.dtype].kind === 'float';

const passing = ['Identity', 'Cast', 'Dropout'];

/** The Softmax an output comes from, through what changes nothing. */
function softmaxBehind(value: Value): Node | undefined {
  const node = behind(value, passing);
  return isOp(node, 'Softmax', 'LogSoftmax') ? node : undefined;
}

const beforeSoftmaxOf = (value: Value): Value | undefined => softmaxBehind(value)?.inputs[0];

/** The logits before a Softmax over the axis that classes are on: the last, or axis 1 of [N, C, 1, …]. */
function beforeSoftmax(output: Value, shapes: ShapeMap): End | undefined {
  const node = softmaxBehind(output);
  const value = node?.inputs[0];
  const dims = value && shapes.get(value);
  if (node === undefined || value === undefined || dims === undefined) return undefined;
  const given = attributeInt(node, 'axis', -1);
  const axis = given < 0 ? given + dims.length : given;
  if (axis === dims.length - 1) return { value, flatten: false };
  const single = axis === 1 && dims.slice(2).every((size) => size === 1);
  return single ? { value, flatten: true } : undefined;
}

const embeddingWords = /embed|feature|hidden|pooled|descriptor/i;

/** What the graph says of an output; `[N, C]` without any sign counts as class scores, the commonest. */
function kindOf(model: Model, value: Value, dims: readonly number[], softmax: boolean): OutputKind {
  if (softmax) return 'classes';
  if (isNormalized(value)) return 'embedding';
  const named = embeddingWords.test(value.name);
  const width = dims.at(-1) ?? 1;
  if (dims.length === 2 && width > 1) {
    if (isOp(value.producer, 'Sigmoid', 'Tanh', 'Concat')) return 'values';
    return named ? 'embedding' : 'classes';
  }
  if (dims.length === 3 && readsTokens(model)) return named ? 'values' : 'classes';
  return 'values';
}

/** Ends in a division by its own length. */
function isNormalized({ producer }: Value): boolean {
  const kind = producer?.domain === '' ? producer.opType : undefined;
  if (kind === 'LpNormalization') return true;
  if (producer === undefined || kind !== 'Div') return false;
  const length = behind(producer.inputs[1], ['Clip', 'Max', 'Expand', 'Add', 'Sqrt']);
  return isOp(length, 'ReduceL2', 'ReduceSum', 'ReduceSumSquare');
}

/** The node that makes a value, past nodes of these kinds. */
function behind(value: Value | undefined, opTypes: readonly string[]): Node | undefined {
  const node = value?.producer;
  const passes = node?.domain === '' && opTypes.includes(node.opType);
  return passes ? behind(node.inputs[0], opTypes) : node;
}

const readsTokens = (model: Model): boolean =>
  requiredInputs(model).some(({ type }) => {
    const kind = type?.kind === 'tensor' && type.dtype ? dtypeTable[type.dtype].kind : undefined;
    return kind === 'int' || kind === 'uint';
  });
