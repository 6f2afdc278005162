import { isBlocked, resolve, type Dim } from './dim.ts';

/** Channels that stay, ascending, for each leaf that loses any. */
export type KeptLeaves = ReadonlyMap<Dim, Uint32Array>;

export function losesAny(dim: Dim, kept: KeptLeaves): boolean {
  const at = resolve(dim);
  return at.form === undefined ? kept.has(at) : at.form.parts.some((part) => losesAny(part, kept));
}

/** Length of the axis once the others are gone. */
export function keptSize(dim: Dim, kept: KeptLeaves): number {
  const at = resolve(dim);
  if (at.form === undefined) return kept.get(at)?.length ?? at.size;
  const sizes = at.form.parts.map((part) => keptSize(part, kept));
  return at.form.kind === 'sum'
    ? sizes.reduce((sum, size) => sum + size, 0)
    : sizes.reduce((product, size) => product * size, 1);
}

/** Positions along the axis that stay, ascending. */
export function keptPlaces(dim: Dim, kept: KeptLeaves): Uint32Array {
  const at = resolve(dim);
  if (at.form === undefined || !losesAny(at, kept))
    return kept.get(at) ?? Uint32Array.from({ length: at.size }, (_, i) => i);
  const places = new Uint32Array(keptSize(at, kept));
  if (at.form.kind === 'sum') {
    let offset = 0;
    let filled = 0;
    for (const part of at.form.parts) {
      const inside = keptPlaces(part, kept);
      for (const place of inside) places[filled++] = offset + place;
      offset += part.size;
    }
    return places;
  }
  let digits: Uint32Array = Uint32Array.of(0);
  for (const part of at.form.parts) {
    const inside = keptPlaces(part, kept);
    const next = new Uint32Array(digits.length * inside.length);
    let filled = 0;
    for (const digit of digits)
      for (const place of inside) next[filled++] = digit * part.size + place;
    digits = next;
  }
  return digits;
}

/**
 * For every position of the axis the channel of `leaf` it belongs to, or -1. A position may belong to channels of several leaves (head and
 * feature); a leaf may occur in several ranges.
 */
export function channelAt(dim: Dim, leaf: Dim): Int32Array {
  const at = resolve(dim);
  if (at === leaf) return Int32Array.from({ length: at.size }, (_, i) => i);
  if (at.form === undefined || isBlocked(at)) return new Int32Array(at.size).fill(-1);
  const inside = at.form.parts.map((part) => channelAt(part, leaf));
  if (at.form.kind === 'sum') {
    const all = new Int32Array(at.size);
    let filled = 0;
    for (const part of inside) {
      all.set(part, filled);
      filled += part.length;
    }
    return all;
  }
  return inside.reduce((digits, part) => {
    const next = new Int32Array(digits.length * part.length);
    for (let i = 0; i < digits.length; i++)
      for (let j = 0; j < part.length; j++)
        next[i * part.length + j] =
          (part[j] as number) >= 0 ? (part[j] as number) : (digits[i] as number);
    return next;
  }, Int32Array.of(-1));
}
