import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergePairs } from './merge-pairs.ts';

const join = (left: string, right: string): string => left + right;
const split = (word: string): string[] => Array.from(word);

/** Sennrich et al.'s algorithm as they print it: count all pairs anew, merge the best everywhere. */
function slowly(
  words: ReadonlyMap<string, number>,
  given: readonly string[],
  size: number,
  lowest: number,
) {
  const symbols = [...given];
  const rank = (symbol: string): number => {
    if (!symbols.includes(symbol)) symbols.push(symbol);
    return symbols.indexOf(symbol);
  };
  const lists = [...words]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([word, count]) => ({ parts: split(word), count }));
  for (const { parts } of lists) parts.forEach(rank);
  const merges: [string, string][] = [];
  while (symbols.length < size) {
    const counts = new Map<string, { left: string; right: string; count: number }>();
    for (const { parts, count } of lists)
      for (let i = 1; i < parts.length; i++) {
        const [left, right] = [parts[i - 1] as string, parts[i] as string];
        const key = `${left}\0${right}`;
        counts.set(key, { left, right, count: (counts.get(key)?.count ?? 0) + count });
      }
    const [best] = [...counts.values()].toSorted(
      (a, b) => b.count - a.count || rank(a.left) - rank(b.left) || rank(a.right) - rank(b.right),
    );
    if (best === undefined || best.count < lowest) break;
    merges.push([best.left, best.right]);
    rank(best.left + best.right);
    for (const list of lists) {
      const parts: string[] = [];
      for (let i = 0; i < list.parts.length; i++)
        if (list.parts[i] === best.left && list.parts[i + 1] === best.right) {
          parts.push(best.left + best.right);
          i++;
        } else parts.push(list.parts[i] as string);
      list.parts = parts;
    }
  }
  return { symbols, merges };
}

describe('mergePairs', () => {
  it('finds the merges of the printed algorithm on any words', () => {
    const words = fc.uniqueArray(
      fc.tuple(
        fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 9 }),
        fc.integer({ min: 1, max: 9 }),
      ),
      { selector: ([word]) => word, maxLength: 12 },
    );
    fc.assert(
      fc.property(words, fc.integer({ min: 3, max: 20 }), (list, size) => {
        const counts = new Map(list);
        const request = { words: counts, size, split, given: ['x'], join, lowestCount: 2 };
        expect(mergePairs(request)).toEqual(slowly(counts, ['x'], size, 2));
      }),
      { seed: 5, numRuns: 300 },
    );
  });

  it('learns the example of the paper', () => {
    const words = new Map([
      ['low', 5],
      ['lower', 2],
      ['newest', 6],
      ['widest', 3],
    ]);
    const { merges } = mergePairs({ words, size: 13, split, given: [], join, lowestCount: 1 });
    expect(merges.map(([a, b]) => a + b).slice(0, 3)).toEqual(['es', 'est', 'lo']);
  });

  it('stops where nothing is left to merge', () => {
    const { symbols } = mergePairs({
      words: new Map([['aa', 3]]),
      size: 100,
      split,
      given: [],
      join,
      lowestCount: 2,
    });
    expect(symbols).toEqual(['a', 'aa']);
  });
});
