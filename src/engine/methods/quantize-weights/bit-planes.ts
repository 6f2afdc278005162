import { intAttribute, intsAttribute, type ModelEdit, type Value } from '../../graph/index.ts';
import { int64Tensor, makeTensor, type Tensor } from '../../tensor/index.ts';
import { blankTensor } from '../shared/blank-tensor.ts';
import { ownerGraph } from '../shared/owner-graph.ts';
import { shortName } from '../shared/short-name.ts';
import type { WeightTarget } from '../shared/weight-targets.ts';
import type { BlockCodes } from './block-grid.ts';
import { planeWidths } from './plane-widths.ts';
import { formBlocks, type StoredForm } from './stored-form.ts';

/**
 * Codes of any width, exactly packed, in any opset from 7: a k-bit code is cut into planes of 4, 2 and 1 bits (3 = 2 + 1), each packed
 * into bytes, and the graph takes the bytes apart again with arithmetic that is exact in float32:
 *
 *   byte j of a plane of w bits holds codes j, j + L, j + 2L, …    (L bytes; 8/w codes each)
 *   digit[i, j] = floor(byte[j] / 2^(w·i)) mod 2^w                [8/w, L], whose row-major order is the order of the codes
 *   code = Σ plane · 2^(bits of the planes below),                 w = (code − zeroPoint) · scale
 *
 * All inputs are constants, so every runtime that folds constants (ONNX Runtime at its default level, on every backend)
 * does this once, at load, and then computes in plain float32. Eight bits need no planes: the byte is the code.
 */
export interface PlaneTensors {
  /** One per plane, lowest bits first: uint8 [L]. */
  readonly planes: readonly Tensor[];
  /** float32, shaped to broadcast over the blocks. */
  readonly scales: Tensor;
  /** uint8 of the same dims; undefined when symmetric. */
  readonly zeroPoints: Tensor | undefined;
}

const planeBytes = (count: number, width: number): number => Math.ceil((count * width) / 8);

/** [rows, blocks, blockSize] or [blocks, blockSize, columns]: the weight with its blocks as an axis of their own. */
function blockDims(form: StoredForm): { codes: number[]; scales: number[] } {
  const { rows, columns, axis } = form.matrix;
  const blocks = formBlocks(form);
  return axis === 1
    ? { codes: [rows, blocks, form.blockSize], scales: [rows, blocks, 1] }
    : { codes: [blocks, form.blockSize, columns], scales: [blocks, 1, columns] };
}

export function packPlanes(
  { codes, scales, zeroPoints }: BlockCodes,
  form: StoredForm,
  symmetric: boolean,
): PlaneTensors {
  const dims = blockDims(form).scales;
  const blocks = formBlocks(form);
  const { lanes } = form.matrix.view;
  const ordered = new Float32Array(scales.length);
  const orderedZeros = new Uint8Array(scales.length);
  for (let lane = 0; lane < lanes; lane++) {
    for (let block = 0; block < blocks; block++) {
      const at = form.matrix.axis === 1 ? lane * blocks + block : block * lanes + lane;
      ordered[at] = scales[lane * blocks + block] as number;
      orderedZeros[at] = zeroPoints[lane * blocks + block] as number;
    }
  }
  let below = 0;
  const planes = planeWidths(form.width).map((width) => {
    const bytes = packPlane(codes, width, below);
    below += width;
    return makeTensor('uint8', [bytes.length], bytes);
  });
  return {
    planes,
    scales: makeTensor('float32', dims, new Uint8Array(ordered.buffer)),
    zeroPoints: symmetric ? undefined : makeTensor('uint8', dims, orderedZeros),
  };
}

function packPlane(codes: Uint8Array, width: number, below: number): Uint8Array<ArrayBuffer> {
  const length = planeBytes(codes.length, width);
  const bytes = new Uint8Array(length);
  const mask = 2 ** width - 1;
  for (let i = 0; i < codes.length; i++) {
    const digit = ((codes[i] as number) >> below) & mask;
    const at = i % length;
    bytes[at] = (bytes[at] as number) | (digit << (width * Math.floor(i / length)));
  }
  return bytes;
}

export function blankPlanes(form: StoredForm, count: number, symmetric: boolean): PlaneTensors {
  const dims = blockDims(form).scales;
  return {
    planes: planeWidths(form.width).map((width) =>
      blankTensor('uint8', [planeBytes(count, width)]),
    ),
    scales: blankTensor('float32', dims),
    zeroPoints: symmetric ? undefined : blankTensor('uint8', dims),
  };
}

/** Constants that all weights share: divisors per plane width, scalars. Made once per model. */
export type SharedConstants = Map<string, Value>;

export function writePlanes(
  e: ModelEdit,
  target: WeightTarget,
  form: StoredForm,
  tensors: PlaneTensors,
  shared: SharedConstants,
  opset: number,
): void {
  const weight = e.value(target.value);
  const name = shortName(weight.name);
  const { dims } = target.tensor;
  const graph = ownerGraph(e.model, weight);
  const make = (opType: string, inputs: readonly Value[], attributes = {}): Value =>
    e.addNode(opType, inputs, { name: `${name}_${opType}`, attributes, graph }).outputs[0] as Value;
  const scalar = (value: number): Value =>
    sharedConstant(e, shared, `whittle_${value}`, [], Float32Array.of(value));
  let codes: Value | undefined;
  let below = 0;
  const users = [...weight.uses];
  planeWidths(form.width).forEach((width, i) => {
    const tensor = tensors.planes[i] as Tensor;
    const stored = i === 0 ? weight : e.addConstant(`${name}_plane${i}`, tensor);
    const bytes = make('Cast', [stored], { to: intAttribute(1) });
    const digits = width === 8 ? bytes : takeApart(e, make, bytes, width, shared, scalar);
    const trimmed = trim(
      e,
      make,
      digits,
      (tensor.dims[0] as number) * (8 / width),
      target.count,
      opset,
    );
    const placed = below === 0 ? trimmed : make('Mul', [trimmed, scalar(2 ** below)]);
    codes = codes === undefined ? placed : make('Add', [codes, placed]);
    below += width;
  });
  const inBlocks = blockDims(form).codes;
  const reshape = (value: Value, to: readonly number[], label: string): Value =>
    make('Reshape', [value, e.addConstant(`${name}_${label}`, int64Tensor([to.length], to))]);
  const zero = tensors.zeroPoints
    ? make('Cast', [e.addConstant(`${name}_zeros`, tensors.zeroPoints)], { to: intAttribute(1) })
    : scalar(2 ** (form.width - 1));
  const centred = make('Sub', [reshape(codes as Value, inBlocks, 'blocks'), zero]);
  const scaled = make('Mul', [centred, e.addConstant(`${name}_scales`, tensors.scales)]);
  const restored = reshape(scaled, dims, 'shape');
  for (const use of users) e.setInput(use.node, use.index, restored);
  e.setConstant(weight, tensors.planes[0] as Tensor);
}

function takeApart(
  e: ModelEdit,
  make: (opType: string, inputs: readonly Value[]) => Value,
  bytes: Value,
  width: number,
  shared: SharedConstants,
  scalar: (value: number) => Value,
): Value {
  const base = 2 ** width;
  const perByte = 8 / width;
  const divisors = sharedConstant(
    e,
    shared,
    `whittle_digits${width}`,
    [perByte, 1],
    Float32Array.from({ length: perByte }, (_, i) => base ** -i),
  );
  const shifted = make('Floor', [make('Mul', [bytes, divisors])]);
  const higher = make('Mul', [
    make('Floor', [make('Mul', [shifted, scalar(1 / base)])]),
    scalar(base),
  ]);
  const flat = sharedShape(e, shared);
  return make('Reshape', [make('Sub', [shifted, higher]), flat]);
}

/** The last byte of a plane may be part empty: its spare digits are cut off. */
function trim(
  e: ModelEdit,
  make: (opType: string, inputs: readonly Value[], attributes?: object) => Value,
  digits: Value,
  held: number,
  count: number,
  opset: number,
): Value {
  if (held === count) return digits;
  if (opset < 10)
    return make('Slice', [digits], {
      starts: intsAttribute([0]),
      ends: intsAttribute([count]),
      axes: intsAttribute([0]),
    });
  const bound = (label: string, value: number): Value =>
    e.addConstant(`${digits.name}_${label}`, int64Tensor([1], [value]));
  return make('Slice', [digits, bound('from', 0), bound('to', count)]);
}

function sharedConstant(
  e: ModelEdit,
  shared: SharedConstants,
  name: string,
  dims: readonly number[],
  values: Float32Array,
): Value {
  const value =
    shared.get(name) ??
    e.addConstant(name, makeTensor('float32', dims, new Uint8Array(values.buffer)));
  shared.set(name, value);
  return value;
}

function sharedShape(e: ModelEdit, shared: SharedConstants): Value {
  const value = shared.get('flat') ?? e.addConstant('whittle_flat', int64Tensor([1], [-1]));
  shared.set('flat', value);
  return value;
}
