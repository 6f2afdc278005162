import type { Task } from '../../../core/index.ts';
import {
  attributeInt,
  edit,
  isOp,
  requiredInputs,
  type Model,
  type ModelEdit,
  type Node,
  type Value,
} from '../../../graph/index.ts';
import { toModelFile } from '../../../onnx/index.ts';
import type { Feeds, Runtime, RuntimeTensor } from '../../../runtime/index.ts';
import { elementCount, int64Tensor } from '../../../tensor/index.ts';
import type { LearningData } from '../../../train/index.ts';
import { integersOf } from '../integers-of.ts';

/**
 * Files are often exported for one sample at a time, which norms of batches cannot learn from. The same network with an open batch, for the
 * time of the training: the first size of inputs and outputs becomes a name, and a Reshape to that size copies it. Whether that is all the
 * batch was fixed by is not derived but tried: samples together must give what each gives alone; undefined where they do not.
 * `model` prepared for training, so that shapes are constants of their own.
 */
export async function withFreeBatch(
  model: Model,
  fixed: number,
  data: LearningData,
  runtime: Runtime,
  task: Task,
): Promise<Model | undefined> {
  const freed = freeBatch(model, fixed);
  if (freed === undefined || data.count === 0) return undefined;
  const indices = Array.from({ length: 2 * fixed }, (_, i) => i % data.count);
  const halves = [indices.slice(0, fixed), indices.slice(fixed)];
  const inputs = async (rows: readonly number[]): Promise<Feeds> => (await data.batch(rows)).inputs;
  const alone = await outputsOf(model, await Promise.all(halves.map(inputs)), runtime);
  await task.breathe();
  // Sizes that only a run can tell are a reason not to; so is anything else the runtime says.
  const together = await outputsOf(freed, [await inputs(indices)], runtime).catch(() => undefined);
  await task.breathe();
  const [joined] = together ?? [];
  return joined !== undefined &&
    joined.every((tensor, i) =>
      sameRows(
        tensor,
        alone.map((one) => one[i] as RuntimeTensor),
      ),
    )
    ? freed
    : undefined;
}

/** undefined: there is no input whose batch is fixed so, or an output that has another. */
function freeBatch(model: Model, fixed: number): Model | undefined {
  const ends = [...requiredInputs(model), ...model.graph.outputs];
  const isFixed = ({ type }: Value): boolean => type?.kind === 'tensor' && type.dims?.[0] === fixed;
  if (ends.length === 0 || !ends.every(isFixed)) return undefined;
  return edit(model, (e) => {
    for (const value of ends) open(e, e.value(value));
    for (const node of [...e.model.graph.nodes]) {
      for (const output of node.outputs)
        if (output !== undefined && isFixed(output)) open(e, output);
      if (isOp(node, 'Reshape')) copyBatch(e, node, fixed);
    }
  });
}

function open(e: ModelEdit, value: Value): void {
  if (value.type?.kind !== 'tensor' || value.type.dims === undefined) return;
  e.setType(value, { ...value.type, dims: ['batch', ...value.type.dims.slice(1)] });
}

/** 0 copies the size of the input's axis (ONNX, Reshape). */
function copyBatch(e: ModelEdit, node: Node, fixed: number): void {
  const shape = node.inputs[1];
  if (shape?.constant === undefined || attributeInt(node, 'allowzero', 0) !== 0) return;
  const sizes = integersOf(node, 'shape', 1);
  if (sizes === undefined || sizes === 'computed' || sizes[0] !== fixed) return;
  const copying = int64Tensor([sizes.length], [0, ...sizes.slice(1)]);
  e.setInput(node, 1, e.addConstant(e.freshName(`${shape.name}_open`), copying));
}

async function outputsOf(
  model: Model,
  batches: readonly Feeds[],
  runtime: Runtime,
): Promise<RuntimeTensor[][]> {
  const session = await runtime.create(toModelFile(model));
  try {
    const results: RuntimeTensor[][] = [];
    for (const feeds of batches) {
      const outputs = await session.run(feeds);
      results.push(model.graph.outputs.map(({ name }) => outputs[name] as RuntimeTensor));
    }
    return results;
  } finally {
    await session.release();
  }
}

/** The rows of all pieces one after another, up to the order in which kernels of another batch size add. */
function sameRows(joined: RuntimeTensor, pieces: readonly RuntimeTensor[]): boolean {
  const rows = pieces.reduce((sum, { dims }) => sum + (dims[0] ?? 0), 0);
  const size = (dims: readonly number[]): string => dims.slice(1).join();
  if (joined.dims[0] !== rows || pieces.some(({ dims }) => size(dims) !== size(joined.dims)))
    return false;
  if (joined.dtype !== 'float32') return true;
  const all = floats(joined);
  const each = pieces.flatMap((piece) => Array.from(floats(piece)));
  const largest = each.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return (
    each.length === elementCount(joined.dims) &&
    each.every((value, i) => Math.abs(value - (all[i] as number)) <= 1e-3 * largest)
  );
}

const floats = ({ data }: RuntimeTensor): Float32Array =>
  data instanceof Uint8Array ? new Float32Array(data.slice().buffer) : new Float32Array();
