import {
  intAttribute,
  shortName,
  type Graph,
  type ModelEdit,
  type Value,
} from '../../graph/index.ts';
import { int64Tensor, makeTensor, packBits, type DType, type Tensor } from '../../tensor/index.ts';
import { blankTensor } from '../shared/blank-tensor.ts';
import { ownerGraph } from '../shared/owner-graph.ts';
import type { WeightTarget } from '../shared/weight-targets.ts';
import type { BlockCodes } from './block-grid.ts';
import { formBlocks, type StoredForm } from './stored-form.ts';

/**
 * DequantizeLinear with `block_size` (ONNX opset 21; int2 from 25) on the weight as a matrix, then a Reshape where the weight
 * has more dims. Symmetric codes are stored signed and need no zero point, others unsigned with one per block.
 * Always two dims: WebGPU takes a block size on one dim for a scale per element (onnxruntime issue 32730).
 */
export interface BlockedTensors {
  readonly values: Tensor;
  readonly scales: Tensor;
  readonly zeroPoints: Tensor | undefined;
}

const dtypes = {
  2: { signed: 'int2', unsigned: 'uint2' },
  4: { signed: 'int4', unsigned: 'uint4' },
  8: { signed: 'int8', unsigned: 'uint8' },
} as const satisfies Record<number, { signed: DType; unsigned: DType }>;

function storedDtype(width: number, symmetric: boolean): DType {
  const row = dtypes[width as keyof typeof dtypes];
  return symmetric ? row.signed : row.unsigned;
}

function scaleDims(form: StoredForm): number[] {
  const { rows, columns, axis } = form.matrix;
  return axis === 1 ? [rows, formBlocks(form)] : [formBlocks(form), columns];
}

export function packBlocked(
  codes: BlockCodes,
  form: StoredForm,
  grid: { bits: number; symmetric: boolean },
): BlockedTensors {
  const { rows, columns, axis } = form.matrix;
  const dtype = storedDtype(form.width, grid.symmetric);
  const half = grid.symmetric ? 2 ** (grid.bits - 1) : 0;
  const values = packBits(
    half === 0 ? codes.codes : Int8Array.from(codes.codes, (code) => code - half),
    form.width,
  );
  const blocks = formBlocks(form);
  const scales = axis === 1 ? codes.scales : swapAxes(codes.scales, form.matrix.view.lanes, blocks);
  const zeros =
    axis === 1 ? codes.zeroPoints : swapAxes(codes.zeroPoints, form.matrix.view.lanes, blocks);
  return {
    values: makeTensor(dtype, [rows, columns], values),
    scales: makeTensor('float32', scaleDims(form), new Uint8Array(scales.buffer)),
    zeroPoints: grid.symmetric
      ? undefined
      : makeTensor(dtype, scaleDims(form), packBits(zeros, form.width)),
  };
}

export function blankBlocked(
  form: StoredForm,
  { symmetric }: { symmetric: boolean },
): BlockedTensors {
  const { rows, columns } = form.matrix;
  const dtype = storedDtype(form.width, symmetric);
  return {
    values: blankTensor(dtype, [rows, columns]),
    scales: blankTensor('float32', scaleDims(form)),
    zeroPoints: symmetric ? undefined : blankTensor(dtype, scaleDims(form)),
  };
}

/** [a, b] → [b, a]. */
function swapAxes<T extends Float32Array | Uint8Array>(values: T, a: number, b: number): T {
  const swapped = values.slice() as T;
  for (let i = 0; i < a; i++)
    for (let j = 0; j < b; j++) swapped[j * a + i] = values[i * b + j] as number;
  return swapped;
}

export function writeBlocked(
  e: ModelEdit,
  target: WeightTarget,
  form: StoredForm,
  tensors: BlockedTensors,
): void {
  const weight = e.value(target.value);
  const name = shortName(weight.name);
  const graph = ownerGraph(e.model, weight);
  const inputs: Value[] = [weight, e.addConstant(`${name}_scales`, tensors.scales)];
  if (tensors.zeroPoints) inputs.push(e.addConstant(`${name}_zeros`, tensors.zeroPoints));
  const attributes = {
    axis: intAttribute(form.matrix.axis),
    block_size: intAttribute(form.blockSize),
  };
  const first = e.addNode('DequantizeLinear', inputs, {
    name: `${name}_dequantize`,
    attributes,
    graph,
  });
  const matrix = first.outputs[0] as Value;
  const { dims } = target.tensor;
  const restored = dims.length === 2 ? matrix : reshape(e, matrix, dims, name, graph);
  e.replaceUses(weight, restored, [first]);
  e.setConstant(weight, tensors.values);
}

function reshape(
  e: ModelEdit,
  matrix: Value,
  dims: readonly number[],
  name: string,
  graph: Graph,
): Value {
  const shape = e.addConstant(`${name}_shape`, int64Tensor([dims.length], dims));
  return e.addNode('Reshape', [matrix, shape], { name: `${name}_reshape`, graph })
    .outputs[0] as Value;
}
