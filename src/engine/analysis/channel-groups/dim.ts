/**
 * One axis of a value as an expression over independent sets of channels. A leaf is a set of `size` channels, any of which may be
 * removed; a sum is an axis made of ranges one after another (Concat), a product an axis whose positions are counted in two or more
 * digits, the outermost first (heads × features, groups × channels, channels × pixels after Flatten). Two axes that must shrink together
 * are made one by unification (unify.ts), which refines leaves into sums and products where an operator splits them. So a whole axis of
 * any length is one object, and the channels that are coupled (DepGraph, Fang et al. 2023, arXiv:2301.12900) are those of one leaf.
 *
 * A blocked leaf cannot lose channels; the reason says which operator or border forbids it.
 */
export class Dim {
  readonly size: number;
  /** Another Dim this one was found equal to. */
  link: Dim | undefined;
  form: Form | undefined;
  reason: string | undefined;
  /** The operator that computes a mean, a maximum or the like over it: removing channels, even of zeros, changes that number. */
  mixedBy: string | undefined;

  constructor(size: number, reason?: string) {
    this.size = size;
    this.reason = reason;
  }
}

export interface Form {
  readonly kind: 'sum' | 'product';
  readonly parts: readonly Dim[];
}

/** Axes of length 1: there is nothing to remove, and broadcasting makes them mean nothing. */
export const single = new Dim(1, 'it has one channel');

export function makeDim(size: number, reason?: string): Dim {
  return size === 1 ? single : new Dim(size, reason);
}

/** What a Dim is now equal to. */
export function resolve(dim: Dim): Dim {
  let at = dim;
  while (at.link !== undefined) {
    const next: Dim = at.link;
    if (next.link !== undefined) at.link = next.link;
    at = next;
  }
  return at;
}

/** The factors of an axis, outermost first; [itself] when it is no product. */
export function factorsOf(dim: Dim): readonly Dim[] {
  const { form } = resolve(dim);
  return form?.kind === 'product' ? form.parts.flatMap(factorsOf) : [resolve(dim)];
}

/** The ranges of an axis in order; [itself] when it is no sum. */
export function rangesOf(dim: Dim): readonly Dim[] {
  const { form } = resolve(dim);
  return form?.kind === 'sum' ? form.parts.flatMap(rangesOf) : [resolve(dim)];
}

export function makeSum(parts: readonly Dim[]): Dim {
  const real = parts.filter((part) => part.size > 0);
  const [first] = real;
  if (first === undefined) return makeDim(0, 'it is empty');
  if (real.length === 1) return first;
  const size = real.reduce((sum, part) => sum + part.size, 0);
  return structured('sum', size, real);
}

export function makeProduct(parts: readonly Dim[]): Dim {
  const real = parts.filter((part) => part.size !== 1);
  const [first] = real;
  if (first === undefined) return single;
  if (real.length === 1) return first;
  const size = real.reduce((product, part) => product * part.size, 1);
  return structured('product', size, real);
}

function structured(kind: Form['kind'], size: number, parts: readonly Dim[]): Dim {
  const [first] = parts;
  if (first !== undefined && parts.every(isBlocked)) return makeDim(size, reasonOf(first));
  const dim = makeDim(size);
  if (dim !== single) dim.form = { kind, parts };
  return dim;
}

/** No channel of it can go. */
export function isBlocked(dim: Dim): boolean {
  const at = resolve(dim);
  if (at.reason !== undefined) return true;
  if (at.form === undefined || !at.form.parts.every(isBlocked)) return false;
  at.reason = reasonOf(at.form.parts[0] as Dim);
  return true;
}

/** Why (the first part of) a blocked Dim is kept whole. */
export function reasonOf(dim: Dim): string | undefined {
  const at = resolve(dim);
  if (at.reason !== undefined || at.form === undefined) return at.reason;
  for (const part of at.form.parts) {
    const reason = reasonOf(part);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/** Blocks every leaf of it; leaves that are blocked already keep their reason. */
export function block(dim: Dim, reason: string): void {
  const at = resolve(dim);
  if (at.reason !== undefined) return;
  at.reason = reason;
  for (const part of at.form?.parts ?? []) block(part, reason);
}

export function mix(dim: Dim, by: string): void {
  const at = resolve(dim);
  if (at === single) return;
  at.mixedBy ??= by;
  for (const part of at.form?.parts ?? []) mix(part, by);
}

/** The leaves of it, in order, repeats included. */
export function leavesOf(dim: Dim): readonly Dim[] {
  const at = resolve(dim);
  return at.form === undefined ? [at] : at.form.parts.flatMap(leavesOf);
}
