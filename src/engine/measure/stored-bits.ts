import { constantOf } from '../analysis/index.ts';
import { allNodes, attributeInt, isOp, type Model, type Node } from '../graph/index.ts';
import { dtypeTable } from '../tensor/index.ts';

/** Bits that each compressed weight of a model takes per element as it is stored: what DequantizeLinear and MatMulNBits read. */
export function storedBits(model: Model): number[] {
  const bits: number[] = [];
  for (const node of allNodes(model.graph)) {
    const found = bitsOf(node);
    if (found !== undefined) bits.push(found);
  }
  return bits;
}

/** Compressed weights that an operator of the graph unpacks; MatMulNBits keeps its own packed as it computes. */
export const unpackedWeights = (model: Model): number =>
  [...allNodes(model.graph)].filter(
    (node) => isOp(node, 'DequantizeLinear') && bitsOf(node) !== undefined,
  ).length;

function bitsOf(node: Node): number | undefined {
  if (node.domain === 'com.microsoft' && node.opType === 'MatMulNBits')
    return attributeInt(node, 'bits', 4);
  if (!isOp(node, 'DequantizeLinear')) return undefined;
  const weight = constantOf(node.inputs[0]);
  // Biases of quantized convolutions are int32 with one axis; they are no compressed weights.
  if (weight === undefined || weight.dims.length < 2) return undefined;
  return dtypeTable[weight.dtype].bits;
}
