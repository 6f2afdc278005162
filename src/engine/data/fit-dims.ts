import { elementCount } from '../tensor/index.ts';

/**
 * How samples of shape `dims` fill a model's input: as they are, with channels moved from one end to the other, or reshaped (a
 * flattened image for an MLP, a missing channel axis). `input` includes the batch axis; a symbolic size takes any value.
 */
export interface Fit {
  /** Shape of one sample as the model takes it. */
  readonly dims: readonly number[];
  readonly transpose: 'none' | 'toFirst' | 'toLast';
}

type Dims = readonly (number | string)[];

/** undefined: they do not fit. */
export function fitDims(dims: readonly number[], input: Dims): Fit | undefined {
  const rest = input.slice(1);
  if (matches(dims, rest)) return { dims, transpose: 'none' };
  const [a = 0, b = 0, c = 0] = dims;
  if (dims.length === 3) {
    if (matches([c, a, b], rest)) return { dims: [c, a, b], transpose: 'toFirst' };
    if (matches([b, c, a], rest)) return { dims: [b, c, a], transpose: 'toLast' };
  }
  const reshaped = reshape(elementCount(dims), rest);
  return reshaped === undefined ? undefined : { dims: reshaped, transpose: 'none' };
}

const matches = (dims: readonly number[], rest: Dims): boolean =>
  dims.length === rest.length &&
  rest.every((size, i) => typeof size === 'string' || size === dims[i]);

/** Fixed sizes must multiply to the count; one symbolic size takes what is left. */
function reshape(count: number, rest: Dims): number[] | undefined {
  if (rest.length === 0) return count === 1 ? [] : undefined;
  const fixed = rest.filter((size) => typeof size === 'number');
  const open = rest.length - fixed.length;
  const product = elementCount(fixed);
  if (open > 1 || product === 0 || count % product !== 0 || (open === 0 && product !== count))
    return undefined;
  return rest.map((size) => (typeof size === 'number' ? size : count / product));
}

/** Moves the last axis to the front (`toFirst`) or the first to the end (`toLast`) of a three-axis array. */
export function transposed(
  data: Float32Array,
  dims: readonly number[],
  way: Fit['transpose'],
): Float32Array {
  if (way === 'none') return data;
  const [a = 1, b = 1, c = 1] = dims;
  const [outer, inner] = way === 'toFirst' ? [a * b, c] : [a, b * c];
  const moved = new Float32Array(data.length);
  for (let i = 0; i < outer; i++)
    for (let j = 0; j < inner; j++) moved[j * outer + i] = data[i * inner + j] as number;
  return moved;
}
