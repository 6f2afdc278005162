import { attributeInt, type Node } from '../graph/index.ts';
import { elementCount, tensorBytes, type Tensor } from '../tensor/index.ts';
import { tensorElements } from './elements.ts';
import { nonzeroElements } from './statistics.ts';

/**
 * Quantized elements that stand for a number other than zero: q ≠ zero point. The zero point is one number, one per
 * slice along `axis`, or one per block of `blockSize` elements along it (DequantizeLinear 21). Scales are not looked at.
 */
export function nonzeroQuantized(
  data: Tensor,
  zeroPoint: Tensor,
  axis: number,
  blockSize: number,
): number {
  const zeros = tensorElements(zeroPoint);
  const elements = tensorElements(data);
  if (zeros === undefined || elements === undefined) return elementCount(data.dims);
  const common = zeros[0] ?? 0;
  if (everyEqual(zeros, common))
    return common === 0 ? nonzeroElements(data) : countOther(elements, common);
  const length = data.dims[axis] ?? 1;
  const inner = elementCount(data.dims.slice(axis + 1));
  const blocks = blockSize > 0 ? Math.ceil(length / blockSize) : length;
  const perBlock = blockSize > 0 ? blockSize : 1;
  // A per-axis zero point has no inner dimensions; a blocked one has the data's.
  const zeroInner = blockSize > 0 ? inner : 1;
  let nonzero = 0;
  for (let i = 0; i < elements.length; i++) {
    const slice = Math.floor(i / inner) % length;
    const outer = blockSize > 0 ? Math.floor(i / (inner * length)) : 0;
    const zero =
      zeros[
        (outer * blocks + Math.floor(slice / perBlock)) * zeroInner +
          (blockSize > 0 ? i % inner : 0)
      ];
    if (elements[i] !== zero) nonzero++;
  }
  return nonzero;
}

/**
 * MatMulNBits (com.microsoft): B is uint8 [N, ⌈K/block⌉, block·bits/8], each block packed little end first, the last one
 * padded beyond K; the zero point is 2^(bits-1) unless given, packed likewise per row of blocks (or one float per block).
 */
export function nonzeroBlocked(node: Node, data: Tensor): number {
  const rows = attributeInt(node, 'N', 0);
  const columns = attributeInt(node, 'K', 0);
  const bits = attributeInt(node, 'bits', 4);
  const block = attributeInt(node, 'block_size', 32);
  const blocks = Math.ceil(columns / block);
  const bytes = tensorBytes(data);
  const zeros = node.inputs[3]?.constant;
  const zeroBytes = zeros?.dtype === 'uint8' ? tensorBytes(zeros) : undefined;
  const zeroNumbers =
    zeros === undefined || zeroBytes !== undefined ? undefined : tensorElements(zeros);
  const zeroRowBytes = Math.ceil((blocks * bits) / 8);
  const blockBytes = Math.ceil((block * bits) / 8);
  let nonzero = 0;
  for (let row = 0; row < rows; row++) {
    for (let b = 0; b < blocks; b++) {
      const zero =
        zeroBytes !== undefined
          ? readBits(zeroBytes, row * zeroRowBytes, b * bits, bits)
          : (zeroNumbers?.[row * blocks + b] ?? 2 ** (bits - 1));
      const start = (row * blocks + b) * blockBytes;
      const used = Math.min(block, columns - b * block);
      for (let k = 0; k < used; k++) if (readBits(bytes, start, k * bits, bits) !== zero) nonzero++;
    }
  }
  return nonzero;
}

/** `bits` (≤ 8) bits at bit `at` after byte `start`, little end first; may straddle two bytes. */
function readBits(bytes: Uint8Array, start: number, at: number, bits: number): number {
  const byte = start + (at >> 3);
  const pair = (bytes[byte] ?? 0) | ((bytes[byte + 1] ?? 0) << 8);
  return (pair >> (at & 7)) & ((1 << bits) - 1);
}

function everyEqual(numbers: ArrayLike<number>, to: number): boolean {
  for (let i = 0; i < numbers.length; i++) if (numbers[i] !== to) return false;
  return true;
}

function countOther(elements: ArrayLike<number>, zero: number): number {
  let count = 0;
  for (let i = 0; i < elements.length; i++) if (elements[i] !== zero) count++;
  return count;
}
