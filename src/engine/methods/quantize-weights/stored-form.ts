import { attributeFloat, attributeInt, isOp, type Model, type Node } from '../../graph/index.ts';
import { modelOpset, opsetObstacle } from '../../passes/index.ts';
import type { WeightTarget } from '../shared/weight-targets.ts';
import { blockCount } from './block-grid.ts';
import { weightMatrix, type WeightMatrix } from './lane-view.ts';
import type { QuantizeWeightsOptions } from './options.ts';
import { planeWidths } from './plane-widths.ts';

/**
 * In which form k-bit weights lie in the file:
 *
 *   matmulnbits  2, 4, 8 bits of a matrix product (the widths ONNX Runtime 1.30 has CPU kernels for)
 *   dequantize   DequantizeLinear with blocks: 4 bits as int4/uint4, 8 as int8/uint8 (opset 21), 2 as int2/uint2 (opset 25)
 *   planes       any width, exactly packed, any opset: bytes that standard operators take apart, folded when the model is loaded
 *
 * A container wider than asked for is used only where it makes the smaller file (the names and shapes of planes cost more than a tiny
 * layer saves) or where the weights do not fill whole bytes. Such layers are counted as "bits stored in a wider container".
 */
export interface StoredForm {
  readonly kind: 'matmulnbits' | 'dequantize' | 'planes';
  /** Bits of storage per code. */
  readonly width: number;
  readonly blockSize: number;
  readonly matrix: WeightMatrix;
}

/** Which forms the model as a whole admits. */
export interface FormLimits {
  /** The opset the result will have. */
  readonly opset: number;
  /** Widths DequantizeLinear can read in that opset. */
  readonly dequantizes: readonly number[];
}

/** The opset is raised to 21 for int4 where that is safe; never to 25, which few runtimes read. */
export function formLimits(model: Model): FormLimits {
  const now = modelOpset(model);
  const opset = now < 21 && opsetObstacle(model, 21) === undefined ? 21 : now;
  return { opset, dequantizes: opset >= 25 ? [2, 4, 8] : opset >= 21 ? [4, 8] : [] };
}

export function chooseForm(
  target: WeightTarget,
  options: QuantizeWeightsOptions,
  limits: FormLimits,
): StoredForm {
  const matrix = weightMatrix(target);
  const { bits, blockSize } = options;
  if (
    options.products === 'matmulnbits' &&
    [2, 4, 8].includes(bits) &&
    target.sites.every(isPlainProduct(target))
  )
    return { kind: 'matmulnbits', width: bits, blockSize, matrix };
  if (limits.dequantizes.includes(bits))
    return { kind: 'dequantize', width: bits, blockSize, matrix };
  const container = limits.dequantizes.find((width) => width > bits);
  const saved = container === undefined ? Infinity : (target.count * (container - bits)) / 8;
  const fills = planeWidths(bits).every((width) => (target.count * width) % 8 === 0);
  if (container !== undefined && (!fills || saved < planeOverhead(bits)))
    return { kind: 'dequantize', width: container, blockSize, matrix };
  const width = fills ? bits : 8;
  return { kind: 'planes', width, blockSize: planeBlock(matrix.view.length, blockSize), matrix };
}

/** What a plane takes in names and shapes beyond a DequantizeLinear, in bytes; its function is in the file once. */
const planeOverhead = (bits: number): number => 100 + 80 * planeWidths(bits).length;

/**
 * A plane's weights are reshaped to [blocks, blockSize], so the size has to divide the length: the largest divisor from half the size
 * asked for up to it, else the smallest above it (at worst the whole length).
 */
export function planeBlock(length: number, blockSize: number): number {
  if (length <= blockSize) return length;
  for (let size = blockSize; size * 2 >= blockSize; size--) if (length % size === 0) return size;
  for (let size = blockSize + 1; size < length; size++) if (length % size === 0) return size;
  return length;
}

/** A product x·B with a stored matrix B, which MatMulNBits (and an Add for the bias) can replace. */
const isPlainProduct =
  ({ tensor }: WeightTarget) =>
  ({ node, index }: { readonly node: Node; readonly index: number }): boolean => {
    if (index !== 1 || tensor.dims.length !== 2) return false;
    if (isOp(node, 'MatMul')) return true;
    const scaled = attributeFloat(node, 'alpha', 1) !== 1 || attributeFloat(node, 'beta', 1) !== 1;
    return isOp(node, 'Gemm') && attributeInt(node, 'transA', 0) === 0 && !scaled;
  };

export const formBlocks = ({ matrix, blockSize }: StoredForm): number =>
  blockCount(matrix.view, blockSize);
