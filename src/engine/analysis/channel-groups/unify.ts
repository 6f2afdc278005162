import {
  block,
  Dim,
  isBlocked,
  makeDim,
  makeProduct,
  makeSum,
  reasonOf,
  resolve,
  single,
} from './dim.ts';

/**
 * Unification of axes: after `unify(a, b)` position i of the one is position i of the other, whatever is removed. Leaves are refined as
 * needed; where two structures have no common refinement `Mixed` is thrown and the caller blocks both.
 */
export class Mixed extends Error {}

export function unify(first: Dim, second: Dim): void {
  const a = resolve(first);
  const b = resolve(second);
  if (a === b) return;
  if (a.size !== b.size) throw new Mixed(`lengths ${a.size} and ${b.size}`);
  if (isBlocked(a) || isBlocked(b)) return unifyBlocked(a, b);
  if (a.form === undefined) return link(a, b);
  if (b.form === undefined) return link(b, a);
  if (a.form.kind === 'product' && b.form.kind === 'product') {
    matchProducts(a.form.parts, b.form.parts);
    return link(a, b);
  }
  const [sum, other] = a.form.kind === 'sum' ? [a, b] : [b, a];
  let rest: Dim = other;
  const parts = sum.form?.parts ?? [];
  for (const [i, part] of parts.entries()) {
    if (i === parts.length - 1) unify(part, rest);
    else {
      const [left, right] = splitAt(rest, part.size);
      unify(part, left);
      rest = right;
    }
  }
  link(sum, other);
}

function unifyBlocked(a: Dim, b: Dim): void {
  const reason = reasonOf(isBlocked(a) ? a : b) ?? 'it is coupled with channels that must stay';
  block(a, reason);
  block(b, reason);
  if (a.form === undefined) link(a, b);
  else link(b, a);
}

/** `from` becomes another name of `to`. */
function link(from: Dim, to: Dim): void {
  if (from.reason !== undefined) block(to, from.reason);
  if (from.mixedBy !== undefined) spread(to, from.mixedBy);
  from.link = to;
}

function spread(dim: Dim, by: string): void {
  const at = resolve(dim);
  if (at === single) return;
  at.mixedBy ??= by;
  for (const part of at.form?.parts ?? []) spread(part, by);
}

const child = (of: Dim, size: number): Dim => {
  const dim = makeDim(size, of.reason);
  if (dim !== single) dim.mixedBy = of.mixedBy;
  return dim;
};

/** The ranges [0, at) and [at, size). */
export function splitAt(dim: Dim, at: number): [Dim, Dim] {
  const d = resolve(dim);
  if (at <= 0 || at >= d.size) throw new Mixed(`cut at ${at} of ${d.size}`);
  if (isBlocked(d)) return [child(d, at), child(d, d.size - at)];
  if (d.form === undefined) {
    const parts: [Dim, Dim] = [child(d, at), child(d, d.size - at)];
    d.form = { kind: 'sum', parts };
    return parts;
  }
  return d.form.kind === 'sum' ? splitSum(d.form.parts, at) : splitProduct(d.form.parts, at);
}

function splitSum(parts: readonly Dim[], at: number): [Dim, Dim] {
  let before = 0;
  for (const [i, part] of parts.entries()) {
    if (before === at) return [makeSum(parts.slice(0, i)), makeSum(parts.slice(i))];
    if (before + part.size > at) {
      const [left, right] = splitAt(part, at - before);
      return [makeSum([...parts.slice(0, i), left]), makeSum([right, ...parts.slice(i + 1)])];
    }
    before += part.size;
  }
  throw new Mixed(`cut at ${at}`);
}

/** Rows of `inner` positions: whole rows, and where the cut lies inside a row, that row's two parts. */
function splitProduct(parts: readonly Dim[], at: number): [Dim, Dim] {
  const [outer, ...others] = parts as [Dim, ...Dim[]];
  const inner = makeProduct(others);
  const row = Math.floor(at / inner.size);
  const within = at % inner.size;
  const rows = (dim: Dim): Dim => makeProduct([dim, inner]);
  if (within === 0) {
    const [left, right] = splitAt(outer, row);
    return [rows(left), rows(right)];
  }
  const [head, tail] = splitAt(inner, within);
  const left: Dim[] = [head];
  const right: Dim[] = [tail];
  // The row that is cut in two must stay, for its two halves are no row any more.
  let rest = outer;
  if (row > 0) {
    const [above, below] = splitAt(outer, row);
    left.unshift(rows(above));
    rest = below;
  }
  if (rest.size > 1) right.push(rows(splitAt(rest, 1)[1]));
  return [makeSum(left), makeSum(right)];
}

/** The axis as `outer` digits times `size` inner positions. */
export function factor(dim: Dim, size: number): [Dim, Dim] {
  const d = resolve(dim);
  if (size === 1) return [d, single];
  if (size === d.size) return [single, d];
  if (d.size % size !== 0) throw new Mixed(`${d.size} is no multiple of ${size}`);
  if (isBlocked(d)) return [child(d, d.size / size), child(d, size)];
  if (d.form === undefined) {
    const parts: [Dim, Dim] = [child(d, d.size / size), child(d, size)];
    d.form = { kind: 'product', parts };
    return parts;
  }
  return d.form.kind === 'product'
    ? factorProduct(d.form.parts, size)
    : factorSum(d.form.parts, size);
}

function factorProduct(parts: readonly Dim[], size: number): [Dim, Dim] {
  const outer = [...parts];
  const inner: Dim[] = [];
  let left = size;
  while (left > 1) {
    const last = outer.pop();
    if (last === undefined) throw new Mixed('factors');
    if (left % last.size === 0) {
      inner.unshift(last);
      left /= last.size;
    } else {
      const [above, below] = factor(last, left);
      outer.push(above);
      inner.unshift(below);
      left = 1;
    }
  }
  return [makeProduct(outer), makeProduct(inner)];
}

function factorSum(parts: readonly Dim[], size: number): [Dim, Dim] {
  if (parts.some((part) => part.size % size !== 0))
    throw new Mixed(`a range is no multiple of ${size}`);
  const factored = parts.map((part) => factor(part, size));
  const [, inner] = factored[0] as [Dim, Dim];
  for (const [, other] of factored) unify(inner, other);
  return [makeSum(factored.map(([outer]) => outer)), inner];
}

/** Two lists of factors, outermost first, that count the same positions in row-major order. */
export function matchProducts(first: readonly Dim[], second: readonly Dim[]): void {
  const left = first.filter((dim) => dim.size !== 1);
  const right = second.filter((dim) => dim.size !== 1);
  for (;;) {
    const a = popFactor(left);
    const b = popFactor(right);
    if (a === undefined && b === undefined) return;
    if (a === undefined || b === undefined) throw new Mixed('factors');
    if (a.size === b.size) unify(a, b);
    else if (a.size < b.size) right.push(matchInner(b, a));
    else left.push(matchInner(a, b));
  }
}

function popFactor(list: Dim[]): Dim | undefined {
  const last = list.pop();
  if (last === undefined) return undefined;
  const { form } = resolve(last);
  if (form?.kind !== 'product' || isBlocked(last)) return resolve(last);
  list.push(...form.parts);
  return popFactor(list);
}

function matchInner(large: Dim, small: Dim): Dim {
  const [outer, inner] = factor(large, small.size);
  unify(inner, small);
  return outer;
}
