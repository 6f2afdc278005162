import type { ValueType } from '../graph/index.ts';

/** Equal in everything a file says of them. Types with notes are equal only to themselves. */
export function sameType(a: ValueType | undefined, b: ValueType | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined || a.opaque !== undefined || b.opaque !== undefined)
    return false;
  if (a.kind !== 'tensor' || b.kind !== 'tensor' || a.dtype !== b.dtype) return false;
  if (a.dims === undefined || b.dims === undefined) return a.dims === b.dims;
  const other = b.dims;
  return a.dims.length === other.length && a.dims.every((dim, i) => dim === other[i]);
}
