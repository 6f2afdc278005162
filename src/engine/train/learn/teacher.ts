import { EngineError } from '../../core/index.ts';
import { edit, intAttribute, type Model, type Value } from '../../graph/index.ts';
import { toModelFile } from '../../onnx/index.ts';
import type { Feeds, Runtime, RuntimeTensor, Session } from '../../runtime/index.ts';
import { elementCount } from '../../tensor/index.ts';
import { hintTarget, logitsTarget, outputTarget } from '../losses/build-objective.ts';
import { logitsOf } from '../losses/class-rows.ts';
import type { Objective } from '../objective.ts';
import { fitFeeds, fixedBatch } from './fit-feeds.ts';
import { floatsOf, floatTensor, rowsOf } from './float-tensors.ts';

/**
 * The teacher as a session that answers with what the objective compares, named as the loss's inputs are, all float32: outputs, logits
 * before a final Softmax, and values inside (hints).
 */
export interface Teacher {
  /** The targets it gives. */
  readonly inputs: readonly string[];
  /** Answers for a batch: float32 [n, …] by input of the loss. A teacher of a fixed batch size is asked in such pieces. */
  ask(inputs: Feeds): Promise<Record<string, RuntimeTensor>>;
  release(): Promise<void>;
}

export interface TeacherWants {
  readonly objective: Objective;
  /** Inputs of the loss and the metric that it answers. */
  readonly targets: readonly string[];
  /** The student, whose outputs are matched by name, or by position. */
  readonly student: Model;
}

export async function openTeacher(
  model: Model,
  wants: TeacherWants,
  runtime: Runtime,
): Promise<Teacher> {
  const wanted = wantedValues(model, wants);
  const inputs = [...wanted.keys()];
  const probe = edit(model, (change) => {
    change.setOutputs([]);
    change.setOutputs(
      [...wanted].map(([name, value]) => {
        const output = change.op('Cast', [change.value(value)], { to: intAttribute(1) });
        change.rename(output, name);
        return output;
      }),
    );
    change.removeDead();
  });
  const outputs = probe.graph.outputs.map((output) => output.name);
  const session = await runtime.create(toModelFile(probe));
  return {
    inputs,
    release: () => session.release(),
    async ask(feeds) {
      const fitted = fitFeeds(probe, feeds);
      const results = await runInPieces(session, fitted, fixedBatch(probe), outputs);
      return Object.fromEntries(
        inputs.map((name, i) => [name, results[outputs[i] as string] as RuntimeTensor]),
      );
    },
  };
}

/** The teacher's value behind each input of the loss: a value inside for a hint, else an output, or what its Softmax normalizes. */
function wantedValues(
  model: Model,
  { objective, targets, student }: TeacherWants,
): ReadonlyMap<string, Value> {
  const outputOf = (output: Value, position: number): Value =>
    model.graph.outputs.find(({ name }) => name === output.name) ??
    model.graph.outputs[position] ??
    missing(output.name);
  const known = new Map<string, () => Value>();
  student.graph.outputs.forEach((output, i) => {
    known.set(outputTarget(output.name), () => outputOf(output, i));
    known.set(logitsTarget(output.name), () => logitsOf(outputOf(output, i)));
  });
  for (const term of objective.terms)
    if (term.kind === 'hint')
      known.set(hintTarget(term.teacher), () => valueNamed(model, term.teacher));
  return new Map(targets.map((target) => [target, (known.get(target) ?? missing(target))()]));
}

function valueNamed(model: Model, name: string): Value {
  for (const node of model.graph.nodes)
    for (const output of node.outputs) if (output?.name === name) return output;
  return missing(name);
}

function missing(name: string): never {
  throw new EngineError('graph/invalid', {
    where: name,
    detail: 'the teacher has no such value',
  });
}

async function runInPieces(
  session: Session,
  feeds: Feeds,
  fixed: number | undefined,
  outputs: readonly string[],
): Promise<Record<string, RuntimeTensor>> {
  const count = Object.values(feeds)[0]?.dims[0] ?? 1;
  if (fixed === undefined || fixed === count) {
    const results = await session.run(feeds, outputs);
    for (const [name, tensor] of Object.entries(results)) checkRows(name, tensor, count);
    return results;
  }
  const pieces: Record<string, RuntimeTensor>[] = [];
  for (let from = 0; from < count; from += fixed) {
    const to = Math.min(count, from + fixed);
    const piece = Object.entries(feeds).map(([name, tensor]) => [
      name,
      tensor.dims[0] === count ? padded(rowsOf(tensor, from, to), fixed) : tensor,
    ]);
    const results = await session.run(Object.fromEntries(piece) as Feeds, outputs);
    pieces.push(
      Object.fromEntries(
        Object.entries(results).map(([name, tensor]) => {
          checkRows(name, tensor, fixed);
          return [name, rowsOf(tensor, 0, to - from)];
        }),
      ),
    );
  }
  return Object.fromEntries(
    outputs.map((name) => [name, stacked(pieces.map((piece) => piece[name] as RuntimeTensor))]),
  );
}

function checkRows(name: string, tensor: RuntimeTensor, count: number): void {
  if (tensor.dims[0] === count) return;
  throw new EngineError('data/mismatch', {
    where: name,
    detail: `is [${tensor.dims.join(', ')}] for ${count} samples: answers cannot be told apart by sample`,
  });
}

/** The last row again until there are `count`. */
function padded(tensor: RuntimeTensor, count: number): RuntimeTensor {
  const [rows = 1, ...rest] = tensor.dims;
  if (rows === count || !(tensor.data instanceof Uint8Array)) return tensor;
  const size = tensor.data.byteLength / rows;
  const data = new Uint8Array(size * count);
  data.set(tensor.data);
  for (let row = rows; row < count; row++)
    data.set(tensor.data.subarray((rows - 1) * size, rows * size), row * size);
  return { ...tensor, dims: [count, ...rest], data };
}

function stacked(tensors: readonly RuntimeTensor[]): RuntimeTensor {
  const rest = tensors[0]?.dims.slice(1) ?? [];
  const rows = tensors.reduce((sum, { dims }) => sum + (dims[0] ?? 0), 0);
  const values = new Float32Array(rows * elementCount(rest));
  let at = 0;
  for (const tensor of tensors) {
    values.set(floatsOf(tensor), at);
    at += floatsOf(tensor).length;
  }
  return floatTensor([rows, ...rest], values);
}
