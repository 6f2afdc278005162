import { nonzeroElements, tensorElements } from '../../analysis/index.ts';
import { elementCount, type Tensor } from '../../tensor/index.ts';
import { isBlank } from '../shared/blank-tensor.ts';

export interface AxisSlice {
  readonly axis: number;
  readonly places: Uint32Array;
}

/**
 * Non-zero elements that remain when only some places along some axes stay, without making the slice. A tensor without
 * zeros (the usual one) needs no look at its numbers. undefined: the numbers are not there (a preview of a preview).
 */
export function countKept(tensor: Tensor, slices: readonly AxisSlice[]): number | undefined {
  if (isBlank(tensor)) return undefined;
  const kept = tensor.dims.map(
    (dim, axis): Uint32Array | number => slices.find((slice) => slice.axis === axis)?.places ?? dim,
  );
  const lengths = kept.map((axis) => (typeof axis === 'number' ? axis : axis.length));
  if (nonzeroElements(tensor) === elementCount(tensor.dims)) return elementCount(lengths);
  const elements = tensorElements(tensor);
  return elements === undefined ? undefined : walk(elements, tensor.dims, kept, 0, 0);
}

function walk(
  elements: ArrayLike<number>,
  dims: readonly number[],
  kept: readonly (Uint32Array | number)[],
  axis: number,
  base: number,
): number {
  const places = kept[axis];
  if (places === undefined) return elements[base] === 0 ? 0 : 1;
  let count = 0;
  if (kept.slice(axis).every((rest) => typeof rest === 'number')) {
    const length = elementCount(dims.slice(axis));
    for (let i = base * length; i < (base + 1) * length; i++) if (elements[i] !== 0) count++;
    return count;
  }
  const dim = dims[axis] as number;
  const length = typeof places === 'number' ? places : places.length;
  for (let i = 0; i < length; i++) {
    const place = typeof places === 'number' ? i : (places[i] as number);
    count += walk(elements, dims, kept, axis + 1, base * dim + place);
  }
  return count;
}
