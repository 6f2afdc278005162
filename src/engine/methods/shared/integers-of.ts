import type { Node } from '../../graph/index.ts';
import { tensorBytes, type Tensor } from '../../tensor/index.ts';
import { constantOf } from './constant-of.ts';

/**
 * The whole numbers a node takes as an attribute in older opsets and as a constant input in newer ones (axes, pads, sizes).
 * undefined: neither is there; 'computed': the input is not constant.
 */
export function integersOf(
  node: Node,
  attribute: string,
  index: number,
): number[] | 'computed' | undefined {
  const written = node.attributes.get(attribute);
  if (written?.kind === 'ints') return written.value.map(Number);
  const input = node.inputs[index];
  if (input === undefined) return undefined;
  const tensor = constantOf(input);
  return tensor === undefined ? 'computed' : integers(tensor);
}

/** Elements of an int64 or int32 tensor. */
export function integers(tensor: Tensor): number[] {
  const bytes = new Uint8Array(tensorBytes(tensor));
  if (tensor.dtype === 'int64') return Array.from(new BigInt64Array(bytes.buffer), Number);
  if (tensor.dtype === 'int32') return Array.from(new Int32Array(bytes.buffer));
  throw new TypeError(`${tensor.dtype} where integers were expected`);
}
