import type { Node } from '../graph/index.ts';
import { elementCount, tensorBytes, type Tensor } from '../tensor/index.ts';
import { tensorElements } from './elements.ts';

/**
 * Weights of 2..8 bits that quantize-weights stores as bit planes: `whittle:Unpack<bits>[Symmetric](plane0, …, scales, [zeros],
 * blocks, shape)`. Byte j of a plane of w bits, L bytes long, holds digits j, j + L, j + 2L …; a code's lowest bits lie in the
 * first plane. The weight's dims are the last input, [.., blocks, size, ..] of which scales and zeros are per block the one before.
 */
export const isUnpack = (node: Node): boolean =>
  node.domain === 'whittle' && node.opType.startsWith('Unpack');

/** Elements of the weight the planes stand for. */
export function unpackedCount(node: Node): number {
  return elementCount(dimsFrom(node, 1));
}

/** Elements that differ from their zero point. */
export function nonzeroUnpacked(node: Node): number {
  const bits = Number.parseInt(node.opType.slice('Unpack'.length), 10);
  const widths = bits === 8 ? [8] : [4, 2, 1].filter((width) => (bits & width) !== 0);
  const dims = dimsFrom(node, 2);
  const symmetric = node.opType.endsWith('Symmetric');
  const zeros = symmetric ? undefined : node.inputs[widths.length + 1]?.constant;
  const zeroOf = zeroPerBlock(dims, zeros, 2 ** (bits - 1));
  const planes = widths.map((_width, i) => bytesOf(node.inputs[i]?.constant));
  let nonzero = 0;
  const count = elementCount(dims);
  for (let i = 0; i < count; i++) {
    let code = 0;
    let below = 0;
    widths.forEach((width, p) => {
      const plane = planes[p] as Uint8Array;
      const byte = plane[i % plane.length] as number;
      code |= ((byte >> (width * Math.floor(i / plane.length))) & (2 ** width - 1)) << below;
      below += width;
    });
    if (code !== zeroOf(i)) nonzero++;
  }
  return nonzero;
}

/** `dims`: three, one of which is the elements of a block; the zero points have 1 there. */
function zeroPerBlock(
  dims: readonly number[],
  zeros: Tensor | undefined,
  otherwise: number,
): (index: number) => number {
  if (zeros === undefined) return () => otherwise;
  const values = bytesOf(zeros);
  const axis = dims.findIndex((dim, i) => zeros.dims[i] !== dim);
  if (axis < 0) return (index) => values[index] as number;
  const size = dims[axis] as number;
  const inner = elementCount(dims.slice(axis + 1));
  return (index) => values[Math.floor(index / (inner * size)) * inner + (index % inner)] as number;
}

const bytesOf = (tensor: Tensor | undefined): Uint8Array =>
  tensor === undefined ? new Uint8Array(0) : tensorBytes(tensor);

/** The int64 constant that is the last input but `fromEnd` − 1. */
function dimsFrom(node: Node, fromEnd: number): number[] {
  const tensor = node.inputs.at(-fromEnd)?.constant;
  return Array.from(tensor === undefined ? [] : (tensorElements(tensor) ?? []), Number);
}
