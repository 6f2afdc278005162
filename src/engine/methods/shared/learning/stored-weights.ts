import { attributeInt, isOp, type Model, type ModelEdit, type Node } from '../../../graph/index.ts';
import { plainTensor, unpackWeights } from '../../../passes/index.ts';
import {
  elementCount,
  float32Tensor,
  makeTensor,
  toFloat32,
  type Tensor,
} from '../../../tensor/index.ts';
import { clamp, int8Grid, roundHalfEven, safeScale, uint8Grid, type Grid } from '../affine.ts';

/**
 * Weights that a file stores as bytes, w = scale · (q − zero) behind a DequantizeLinear, and computes with in float. They learn as the floats they
 * stand for and are stored as bytes again, under a scale that fits what they became; so the file's form, and with it its size, stays what it
 * was. Eight bits lose next to nothing without rehearsal (Jacob et al. 2018, arXiv:1712.05877); fewer would, and stay as they are.
 */
export function storedWeights({ graph: { nodes } }: Model): Node[] {
  // Where activations are rounded as well, scales of weights and biases hang together.
  if (nodes.some(({ opType }) => roundsActivations.test(opType))) return [];
  return nodes.filter(isStored);
}

const roundsActivations = /^(QuantizeLinear|DynamicQuantizeLinear|QLinear.*|.*Integer)$/;

function isStored(node: Node): boolean {
  if (!isOp(node, 'DequantizeLinear') || attributeInt(node, 'block_size', 0) !== 0) return false;
  const [codes, scale] = node.inputs;
  const known = plainTensor(node) !== undefined && codes?.uses.length === 1;
  return known && gridOf(codes.constant) !== undefined && scale?.constant?.dtype === 'float32';
}

const gridOf = (codes: Tensor | undefined): Grid | undefined =>
  [int8Grid, uint8Grid].find(({ dtype }) => dtype === codes?.dtype);

/** The model with stored weights as float constants, each under the name of the value it takes the place of. */
export const withFloatWeights = (model: Model): Model => unpackWeights(model, storedWeights(model));

/** Bytes again: the zero points stay, and every slice gets the smallest scale that holds its numbers. */
export function storeWeight(e: ModelEdit, node: Node, weight: Tensor): void {
  const [codes, scale, zero] = node.inputs.map((input) => input?.constant);
  const grid = gridOf(codes);
  if (codes === undefined || scale === undefined || grid === undefined)
    throw new TypeError(`${node.name} stores no bytes`);
  const values = toFloat32(weight);
  const zeros = zero === undefined ? undefined : toFloat32(zero);
  const slotOf = slots(node, codes, scale);
  const scales = new Float32Array(elementCount(scale.dims));
  values.forEach((value, i) => {
    const slot = slotOf(i);
    const room = (value < 0 ? grid.qmin : grid.qmax) - (zeros?.[slot] ?? 0);
    // A side without room: no number of this sign can be stored.
    if (room !== 0) scales[slot] = Math.max(scales[slot] as number, value / room);
  });
  const fitting = scales.map(safeScale);
  const bytes =
    grid.dtype === 'int8' ? new Int8Array(values.length) : new Uint8Array(values.length);
  values.forEach((value, i) => {
    const slot = slotOf(i);
    const code = roundHalfEven(value / (fitting[slot] as number)) + (zeros?.[slot] ?? 0);
    bytes[i] = clamp(code, grid.qmin, grid.qmax);
  });
  const own = e.node(node);
  const [place, scalePlace] = own.inputs;
  if (place === undefined || scalePlace === undefined)
    throw new TypeError(`${node.name} stores no bytes`);
  e.setConstant(place, makeTensor(grid.dtype, codes.dims, new Uint8Array(bytes.buffer)));
  const fitted = float32Tensor(scale.dims, fitting);
  if (scalePlace.uses.length === 1) e.setConstant(scalePlace, fitted);
  else e.setInput(own, 1, e.addConstant(e.freshName(scalePlace.name), fitted));
}

/** Which scale an element of the codes has: one for all, or one per slice along the axis. */
function slots(node: Node, { dims }: Tensor, scale: Tensor): (element: number) => number {
  if (elementCount(scale.dims) === 1) return () => 0;
  const given = attributeInt(node, 'axis', 1);
  const axis = given < 0 ? given + dims.length : given;
  const inner = elementCount(dims.slice(axis + 1));
  const length = dims[axis] ?? 1;
  return (element) => Math.floor(element / inner) % length;
}
