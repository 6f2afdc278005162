import { EngineError, throwIfAborted, type Task } from '../core/index.ts';
import { allGraphs, intAttribute, type Model, type Node, type Value } from '../graph/index.ts';
import { toModelFile } from '../onnx/index.ts';
import { int64Tensor } from '../tensor/index.ts';
import type { Feeds, Runtime, RuntimeTensor, ShapeMap } from './port.ts';
import { appendNode, buildProbe } from './probe.ts';

/**
 * Shapes come from ONNX Runtime itself (design, decision 2): a Shape node is appended to every value of the main graph, and one
 * run gives back those few int64 instead of the activations, so memory stays that of an ordinary run however large they
 * are. Optimization is off, so that every value exists. Values inside If, Loop and Scan bodies cannot be
 * outputs and are not measured; sequences, maps and optionals have no shape and are left out.
 */
export async function measureShapes(
  model: Model,
  runtime: Runtime,
  feeds: Feeds,
  task: Task,
): Promise<ShapeMap> {
  const shapes = new Map<Value, readonly number[]>();
  for (const graph of allGraphs(model.graph))
    for (const value of graph.constants) {
      const dims = value.constant?.dims ?? value.sparse?.dims;
      if (dims !== undefined) shapes.set(value, dims);
    }
  for (const input of model.graph.inputs) {
    const fed = feeds[input.name];
    if (fed !== undefined) shapes.set(input, fed.dims);
  }
  const wanted = measurable(model);
  for (let at = 0; at < wanted.length; at += valuesPerSession) {
    await measureSlice(
      model,
      runtime,
      feeds,
      wanted.slice(at, at + valuesPerSession),
      shapes,
      task,
    );
    task.report({
      phase: 'shapes',
      done: Math.min(wanted.length, at + valuesPerSession),
      total: wanted.length,
    });
    await task.breathe();
  }
  return shapes;
}

const valuesPerSession = 100_000;

/**
 * A value whose type is unknown to us may turn out to be a sequence, which makes the session refuse the Shape
 * node. Then, if the model as it is loads, the slice is halved until the culprit stands alone and is left out.
 */
async function measureSlice(
  model: Model,
  runtime: Runtime,
  feeds: Feeds,
  values: readonly Value[],
  shapes: Map<Value, readonly number[]>,
  task: Task,
  loads = false,
): Promise<void> {
  throwIfAborted(task.signal, 'shapes');
  try {
    await runShapes(model, runtime, feeds, values, shapes);
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== 'runtime/create-failed') throw error;
    if (!loads) await checkLoads(model, runtime);
    if (values.length <= 1) return;
    const half = values.length >> 1;
    for (const part of [values.slice(0, half), values.slice(half)])
      await measureSlice(model, runtime, feeds, part, shapes, task, true);
  }
}

/**
 * Handing out an output costs ONNX Runtime time that grows with the number of outputs (10,000: 6 s), so shapes are joined in groups:
 * Concat(shape, [-1], shape, [-1], …). No size is negative, so -1 tells where a shape ends.
 */
async function runShapes(
  model: Model,
  runtime: Runtime,
  feeds: Feeds,
  values: readonly Value[],
  shapes: Map<Value, readonly number[]>,
): Promise<void> {
  const probe = buildProbe(model, (change) => {
    const end = change.addConstant('whittle/end', int64Tensor([1], [-1]));
    return groupsOf(values).map((group, g) => {
      const parts = group.flatMap((value, i) => [
        appendNode(change, 'Shape', value, `shape/${g}/${i}`),
        end,
      ]);
      return { value: change.op('Concat', parts, { axis: intAttribute(0) }), dtype: 'int64' };
    });
  });
  const session = await runtime.create(probe.file, { optimization: 'disabled' });
  try {
    const result = await session.run(feeds, probe.names);
    groupsOf(values).forEach((group, g) => {
      const joined = integers(result[probe.names[g] ?? '']);
      let at = 0;
      for (const value of group) {
        const stop = joined.indexOf(-1, at);
        shapes.set(value, joined.slice(at, stop));
        at = stop + 1;
      }
    });
  } finally {
    await session.release();
  }
}

const valuesPerOutput = 256;

const groupsOf = (values: readonly Value[]): readonly (readonly Value[])[] =>
  Array.from({ length: Math.ceil(values.length / valuesPerOutput) }, (_, g) =>
    values.slice(g * valuesPerOutput, (g + 1) * valuesPerOutput),
  );

/** Throws what ONNX Runtime has against the model itself. */
async function checkLoads(model: Model, runtime: Runtime): Promise<void> {
  const session = await runtime.create(toModelFile(model), { optimization: 'disabled' });
  await session.release();
}

function integers(tensor: RuntimeTensor | undefined): number[] {
  if (!(tensor?.data instanceof Uint8Array))
    throw new Error('a joined shape came back as something else');
  return Array.from(new BigInt64Array(Uint8Array.from(tensor.data).buffer), Number);
}

/** Outputs of the main graph's nodes that can have a shape. */
function measurable(model: Model): Value[] {
  const found: Value[] = [];
  const sequences = new Set<Value>();
  for (const node of model.graph.nodes) {
    const sequence = makesSequence(node, sequences);
    for (const output of node.outputs) {
      if (output === undefined) continue;
      if (sequence || output.type?.kind === 'other') sequences.add(output);
      else found.push(output);
    }
  }
  return found;
}

const sequenceMakers = new Set([
  'SequenceConstruct',
  'SequenceEmpty',
  'SequenceInsert',
  'SequenceErase',
  'SequenceMap',
  'SplitToSequence',
  'Optional',
]);

function makesSequence(node: Node, sequences: ReadonlySet<Value>): boolean {
  if (node.domain === 'ai.onnx.ml') return node.opType === 'ZipMap';
  if (node.domain !== '') return false;
  const [first] = node.inputs;
  const passesOn = node.opType === 'Identity' || node.opType === 'OptionalGetElement';
  return (
    sequenceMakers.has(node.opType) || (passesOn && first !== undefined && sequences.has(first))
  );
}
