import { describe, expect, test } from 'vitest';
import { createRng, type Rng } from '../../core/index.ts';
import {
  block,
  isBlocked,
  leavesOf,
  makeDim,
  makeProduct,
  makeSum,
  resolve,
  type Dim,
} from './dim.ts';
import { channelAt, keptPlaces, keptSize } from './kept-places.ts';
import { SizeAlgebra } from './size-expression.ts';
import { factor, matchProducts, Mixed, splitAt, unify } from './unify.ts';

const places = (dim: Dim, leaf: Dim, kept: readonly number[]): number[] => [
  ...keptPlaces(dim, new Map([[resolve(leaf), Uint32Array.from(kept)]])),
];

describe('axes', () => {
  test('a range of a sum lies behind those before it', () => {
    const [a, b] = [makeDim(3), makeDim(4)];
    expect(places(makeSum([a, b]), b, [0, 3])).toEqual([0, 1, 2, 3, 6]);
  });

  test('a digit of a product takes its whole block, or one of each block', () => {
    const [heads, each] = [makeDim(2), makeDim(3)];
    const axis = makeProduct([heads, each]);
    expect(places(axis, heads, [1])).toEqual([3, 4, 5]);
    expect(places(axis, each, [0, 2])).toEqual([0, 2, 3, 5]);
    expect([...channelAt(axis, heads)]).toEqual([0, 0, 0, 1, 1, 1]);
    expect([...channelAt(axis, each)]).toEqual([0, 1, 2, 0, 1, 2]);
  });

  test('a shuffled axis is the same channels in another order', () => {
    const [outer, inner] = factor(makeDim(6), 3);
    expect(places(makeProduct([inner, outer]), inner, [0, 2])).toEqual([0, 1, 4, 5]);
  });

  test('what is equal to a sum is cut where the sum is', () => {
    const axis = makeDim(7);
    const [a, b] = [makeDim(3), makeDim(4)];
    unify(makeSum([a, b]), axis);
    expect(places(axis, a, [1])).toEqual([1, 3, 4, 5, 6]);
  });

  test('a cut inside a row keeps that row whole', () => {
    const [rows, each] = [makeDim(3), makeDim(4)];
    const axis = makeProduct([rows, each]);
    const [left, right] = splitAt(axis, 6);
    expect([left.size, right.size]).toEqual([6, 6]);
    const free = new Set(leavesOf(axis).filter((leaf) => !isBlocked(leaf)));
    // Two halves of a row that is repeated; the rows themselves are single.
    expect([...free].map(({ size }) => size)).toEqual([2, 2]);
  });

  test('factors without common parts are refused', () => {
    expect(() => matchProducts([makeDim(3), makeDim(4)], [makeDim(4), makeDim(3)])).toThrow(Mixed);
    expect(() => factor(makeSum([makeDim(3), makeDim(4)]), 7)).not.toThrow();
    expect(() => factor(makeSum([makeDim(3), makeDim(5)]), 4)).toThrow(Mixed);
  });

  test('a blocked part blocks what it is found equal to, and only that', () => {
    const [a, b] = [makeDim(3), makeDim(3)];
    const axis = makeDim(6);
    unify(axis, makeSum([a, b]));
    block(a, 'because');
    expect(isBlocked(axis)).toBe(false);
    const [left, right] = splitAt(axis, 3);
    expect([isBlocked(left), isBlocked(right)]).toEqual([true, false]);
  });

  test('sizes that a graph computes are followed as polynomials', () => {
    const [heads, each, other] = [makeDim(4), makeDim(8), makeDim(4)];
    const axis = makeProduct([heads, each]);
    const size = (dim: Dim) => ({ kind: 'size', dim }) as const;
    const product = (left: Dim, right: Dim) =>
      ({ kind: 'mul', left: size(left), right: size(right) }) as const;
    const algebra = new SizeAlgebra();
    expect(algebra.always(product(each, heads), axis)).toBe(true);
    expect(algebra.always(product(each, other), axis)).toBe(false);
    block(each, 'fixed');
    const eights = { kind: 'mul', left: size(heads), right: { kind: 'number', value: 8 } } as const;
    expect(new SizeAlgebra().always(eights, axis)).toBe(true);
  });
});

/**
 * The property all rests on, against explicit index sets: random splits, factorings and unifications of axes, and after any removal the kept places
 * of two unified axes are the same list.
 */
describe('random unifications', () => {
  test.each(Array.from({ length: 60 }, (_, seed) => seed))('seed %i', (seed) => {
    const rng = createRng(seed);
    const size = [12, 24, 36][rng.integer(3)] as number;
    const [a, b] = [randomDim(size, rng, 2), randomDim(size, rng, 2)];
    try {
      unify(a, b);
    } catch (error) {
      expect(error).toBeInstanceOf(Mixed);
      return;
    }
    const kept = new Map<Dim, Uint32Array>();
    for (const leaf of new Set([...leavesOf(a), ...leavesOf(b)])) {
      if (leaf.size < 2) continue;
      const all = Array.from({ length: leaf.size }, (_, i) => i);
      kept.set(leaf, Uint32Array.from(all.filter((i) => i === 0 || rng.next() < 0.6)));
    }
    expect([...keptPlaces(a, kept)]).toEqual([...keptPlaces(b, kept)]);
    expect(keptPlaces(a, kept).length).toBe(keptSize(b, kept));
    expect(new Set(keptPlaces(a, kept)).size).toBe(keptSize(a, kept));
  });
});

function randomDim(size: number, rng: Rng, depth: number): Dim {
  const kind = depth === 0 || size < 4 ? 0 : rng.integer(3);
  if (kind === 0) return makeDim(size);
  if (kind === 1) {
    const first = 1 + rng.integer(size - 1);
    return makeSum([randomDim(first, rng, depth - 1), randomDim(size - first, rng, depth - 1)]);
  }
  const divisors = [2, 3, 4].filter((n) => size % n === 0);
  const inner = divisors[rng.integer(divisors.length)] ?? 1;
  return makeProduct([randomDim(size / inner, rng, depth - 1), randomDim(inner, rng, depth - 1)]);
}
