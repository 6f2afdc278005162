import type { Value } from '../graph/index.ts';
import type { Tensor } from '../tensor/index.ts';
import { tensorElements } from './elements.ts';

/**
 * Transformers keep the mask that hides the future as a table of 0 and a huge negative number (−∞, −10⁹, the lowest float), added
 * to attention scores. It is no parameter, though it may be larger than all of them: in a 260 k Llama it is 512 × 512.
 * Told by what reads it and by its two values; weights are given away by their third element, so this reads hardly anything.
 */
export function isAdditiveMask(value: Value, tensor: Tensor): boolean {
  if (
    tensor.dims.length < 2 ||
    value.uses.length === 0 ||
    !value.uses.every(({ node }) => node.domain === '' && readers.has(node.opType))
  )
    return false;
  const before = known.get(tensor);
  if (before !== undefined) return before;
  const answer = hasMaskValues(tensorElements(tensor));
  known.set(tensor, answer);
  return answer;
}

const readers = new Set([
  'Add',
  'Sub',
  'Slice',
  'Where',
  'Expand',
  'Unsqueeze',
  'Cast',
  'Identity',
  'Gather',
]);
const known = new WeakMap<Tensor, boolean>();

/** Every element is 0 or one and the same number of at most −10⁴. */
function hasMaskValues(elements: ArrayLike<number> | undefined): boolean {
  if (elements === undefined) return false;
  let low: number | undefined;
  for (let i = 0; i < elements.length; i++) {
    const element = elements[i] as number;
    if (element === 0 || element === low) continue;
    if (low !== undefined || !(element <= -1e4)) return false;
    low = element;
  }
  return low !== undefined;
}
