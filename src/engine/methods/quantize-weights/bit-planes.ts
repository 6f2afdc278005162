import { shortName, type ModelEdit, type Value } from '../../graph/index.ts';
import { int64Tensor, makeTensor, type Tensor } from '../../tensor/index.ts';
import { blankTensor } from '../shared/blank-tensor.ts';
import { ownerGraph } from '../shared/owner-graph.ts';
import type { WeightTarget } from '../shared/weight-targets.ts';
import type { BlockCodes } from './block-grid.ts';
import { planeWidths } from './plane-widths.ts';
import { formBlocks, type StoredForm } from './stored-form.ts';
import { functionDomain, unpackName } from './unpack-function.ts';

/**
 * Codes of any width, exactly packed, in any opset from 7: a k-bit code is cut into planes of 4, 2 and 1 bits (3 = 2 + 1), each packed
 * into bytes, and a function in the file takes the bytes apart again with arithmetic that is exact in float32:
 *
 *   byte j of a plane of w bits holds codes j, j + L, j + 2L, …    (L bytes; 8/w codes each)
 *   digit[i, j] = floor(byte[j] / 2^(w·i)) mod 2^w                [8/w, L], whose row-major order is the order of the codes
 *   code = Σ plane · 2^(bits of the planes below),                 w = (code − zeroPoint) · scale
 *
 * All inputs are constants, so a runtime that folds constants (ONNX Runtime at its default level, on every backend) does this
 * once, at load, and then computes in plain float32. Eight bits need no planes: the byte is the code.
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
  { bits, symmetric }: { readonly bits: number; readonly symmetric: boolean },
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
  // The function knows the zero of a symmetric grid from the width stored, which may be more than the bits of the codes.
  const shift = symmetric ? 2 ** (form.width - 1) - 2 ** (bits - 1) : 0;
  const stored = shift === 0 ? codes : codes.map((code) => code + shift);
  let below = 0;
  const planes = planeWidths(form.width).map((width) => {
    const bytes = packPlane(stored, width, below);
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

export function writePlanes(
  e: ModelEdit,
  target: WeightTarget,
  form: StoredForm,
  tensors: PlaneTensors,
): void {
  const weight = e.value(target.value);
  const name = shortName(weight.name);
  const users = [...weight.uses];
  const symmetric = tensors.zeroPoints === undefined;
  const shape = (label: string, dims: readonly number[]): Value =>
    e.addConstant(`${name}_${label}`, int64Tensor([dims.length], dims));
  const planes = tensors.planes.map((plane, i) =>
    i === 0 ? weight : e.addConstant(`${name}_plane${i}`, plane),
  );
  const inputs = [...planes, e.addConstant(`${name}_scales`, tensors.scales)];
  if (tensors.zeroPoints) inputs.push(e.addConstant(`${name}_zeros`, tensors.zeroPoints));
  inputs.push(shape('blocks', blockDims(form).codes), shape('shape', target.tensor.dims));
  const unpack = e.addNode(unpackName(form.width, symmetric), inputs, {
    domain: functionDomain,
    name: `${name}_unpack`,
    graph: ownerGraph(e.model, weight),
  });
  for (const use of users) e.setInput(use.node, use.index, unpack.outputs[0]);
  e.setConstant(weight, tensors.planes[0] as Tensor);
}
