import { nonzeroElements, tensorElements } from '../../analysis/index.ts';
import { elementCount, type Tensor } from '../../tensor/index.ts';
import { isBlank } from '../shared/blank-tensor.ts';

export interface AxisSlice {
  readonly axis: number;
  readonly places: Uint32Array;
}

/**
 * Non-zero elements that remain when only some places along some axes stay, without making the slice. A tensor without
 * zeros (the usual one) needs no look at its numbers; else its non-zeros are counted once per row of its last uncut axes (a kernel), and
 * a moving slider only adds those up. undefined: the numbers are not there (a preview of a preview).
 */
export function countKept(tensor: Tensor, slices: readonly AxisSlice[]): number | undefined {
  if (isBlank(tensor)) return undefined;
  const placesOf = (axis: number): Uint32Array | undefined =>
    slices.find((slice) => slice.axis === axis)?.places;
  const lengths = tensor.dims.map((dim, axis) => placesOf(axis)?.length ?? dim);
  if (nonzeroElements(tensor) === elementCount(tensor.dims)) return elementCount(lengths);
  const cutAxes = 1 + Math.max(...slices.map(({ axis }) => axis));
  const rows = nonzeroPerRow(tensor, cutAxes);
  if (rows === undefined) return undefined;
  const dims = tensor.dims.slice(0, cutAxes);
  return sum(
    rows,
    dims,
    dims.map((dim, axis) => placesOf(axis) ?? Uint32Array.from({ length: dim }, (_, i) => i)),
  );
}

/** Adds up the kept rows; the last axis is the inner loop. */
function sum(
  rows: ArrayLike<number>,
  dims: readonly number[],
  places: readonly Uint32Array[],
): number {
  const last = places.length - 1;
  let total = 0;
  const visit = (axis: number, base: number): void => {
    const dim = dims[axis] as number;
    const kept = places[axis] as Uint32Array;
    if (axis < last) for (const place of kept) visit(axis + 1, base * dim + place);
    else for (const place of kept) total += rows[base * dim + place] as number;
  };
  visit(0, 0);
  return total;
}

/** Non-zeros for each place of the first `axes` axes. Kept per tensor. */
function nonzeroPerRow(tensor: Tensor, axes: number): Uint32Array | undefined {
  const known = rowCounts.get(tensor)?.get(axes);
  if (known !== undefined) return known;
  const elements = tensorElements(tensor);
  if (elements === undefined) return undefined;
  const rows = new Uint32Array(elementCount(tensor.dims.slice(0, axes)));
  const width = elements.length / rows.length;
  let at = 0;
  for (let row = 0; row < rows.length; row++) {
    let count = 0;
    for (const end = at + width; at < end; at++) if (elements[at] !== 0) count++;
    rows[row] = count;
  }
  const perTensor = rowCounts.get(tensor) ?? new Map<number, Uint32Array>();
  rowCounts.set(tensor, perTensor.set(axes, rows));
  return rows;
}

const rowCounts = new WeakMap<Tensor, Map<number, Uint32Array>>();
