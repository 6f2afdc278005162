import { isBlocked, resolve, type Dim } from './dim.ts';

/**
 * An integer that a graph computes from the sizes of its own values (Shape → Gather → Mul → Concat → Reshape). Whether such a number
 * still equals the length of an axis after channels went is decided by polynomials over the leaves: size(sum) = Σ, size(product) = Π,
 * a leaf that cannot shrink is its number. Equal polynomials are equal whatever is removed.
 */
export type SizeExpression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'size'; readonly dim: Dim }
  | {
      readonly kind: 'add' | 'sub' | 'mul' | 'div';
      readonly left: SizeExpression;
      readonly right: SizeExpression;
    }
  | { readonly kind: 'unknown'; readonly parts: readonly SizeExpression[] };

export const numberExpression = (value: number): SizeExpression => ({ kind: 'number', value });

/** Every axis whose length enters the number. */
export function sizesIn(expression: SizeExpression): readonly Dim[] {
  switch (expression.kind) {
    case 'number':
      return [];
    case 'size':
      return [expression.dim];
    case 'unknown':
      return expression.parts.flatMap(sizesIn);
    default:
      return [...sizesIn(expression.left), ...sizesIn(expression.right)];
  }
}

/** Coefficient of each monomial; a monomial is the sorted numbers of its leaves. */
type Polynomial = ReadonlyMap<string, number>;

export class SizeAlgebra {
  readonly #numbers = new Map<Dim, number>();

  /** The number is the length of the axis whichever channels stay. */
  always(expression: SizeExpression, dim: Dim): boolean {
    const a = this.#polynomial(expression);
    const b = this.#ofDim(dim);
    return a !== undefined && a.size === b.size && [...b].every(([key, c]) => a.get(key) === c);
  }

  #polynomial(expression: SizeExpression): Polynomial | undefined {
    if (expression.kind === 'number') return constant(expression.value);
    if (expression.kind === 'size') return this.#ofDim(expression.dim);
    if (expression.kind === 'unknown') return undefined;
    const a = this.#polynomial(expression.left);
    const b = this.#polynomial(expression.right);
    if (a === undefined || b === undefined) return undefined;
    if (expression.kind === 'add') return sum(a, b, 1);
    if (expression.kind === 'sub') return sum(a, b, -1);
    return expression.kind === 'mul' ? product(a, b) : quotient(a, b);
  }

  #ofDim(dim: Dim): Polynomial {
    const at = resolve(dim);
    if (isBlocked(at)) return constant(at.size);
    if (at.form === undefined) {
      const number = this.#numbers.get(at) ?? this.#numbers.size;
      this.#numbers.set(at, number);
      return new Map([[`${number}`, 1]]);
    }
    const parts = at.form.parts.map((part) => this.#ofDim(part));
    return at.form.kind === 'sum'
      ? parts.reduce((all, part) => sum(all, part, 1), constant(0))
      : parts.reduce(product, constant(1));
  }
}

const constant = (value: number): Polynomial => new Map(value === 0 ? [] : [['', value]]);

function sum(a: Polynomial, b: Polynomial, sign: 1 | -1): Polynomial {
  const all = new Map(a);
  for (const [key, coefficient] of b) {
    const total = (all.get(key) ?? 0) + sign * coefficient;
    if (total === 0) all.delete(key);
    else all.set(key, total);
  }
  return all;
}

function product(a: Polynomial, b: Polynomial): Polynomial {
  let all: Polynomial = new Map();
  for (const [left, c] of a)
    for (const [right, d] of b) all = sum(all, new Map([[joined(left, right), c * d]]), 1);
  return all;
}

const joined = (left: string, right: string): string =>
  [...left.split(' '), ...right.split(' ')]
    .filter((leaf) => leaf !== '')
    .toSorted()
    .join(' ');

/** Only by a number that divides every coefficient; else undefined. */
function quotient(a: Polynomial, b: Polynomial): Polynomial | undefined {
  const divisor = b.size === 1 ? b.get('') : undefined;
  if (divisor === undefined) return undefined;
  const all = new Map<string, number>();
  for (const [key, coefficient] of a) {
    if (coefficient % divisor !== 0) return undefined;
    all.set(key, coefficient / divisor);
  }
  return all;
}
