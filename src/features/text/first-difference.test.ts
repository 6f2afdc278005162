import { describe, expect, it } from 'vitest';
import { firstDifference } from './first-difference.ts';

describe('firstDifference', () => {
  it('is none where both wrote the same', () => {
    expect(firstDifference(' the whale', ' the whale', false)).toBeUndefined();
  });

  it('begins at the word that differs, with its space', () => {
    const parting = firstDifference(' the white whale, and', ' the white wharf, or', false);
    expect(parting).toEqual({
      common: ' the white',
      words: 2,
      marked: [' whale,', ' wharf,'],
      rest: [' and', ' or'],
    });
  });

  it('keeps a word whole that one text ends and the other goes on with', () => {
    const parting = firstDifference(' a ship sank', ' a shipwreck', false);
    expect(parting?.common).toBe(' a');
    expect(parting?.marked).toEqual([' ship', ' shipwreck']);
  });

  it('differs where one has ended and the other goes on, but not while the shorter is still written', () => {
    expect(firstDifference(' a b', ' a b c', true)).toBeUndefined();
    const parting = firstDifference(' a b', ' a b c', false);
    expect(parting?.common).toBe(' a b');
    expect(parting?.marked).toEqual(['', ' c']);
  });

  it('puts both texts together again, whatever they are', () => {
    const pairs = [
      ['', ' x'],
      ['x', 'y'],
      ['\n\n"I am', '\n\n"I was'],
      ['고래가 온다', '고래는 간다'],
      ['a  b', 'a b'],
    ] as const;
    for (const [a, b] of pairs) {
      const parting = firstDifference(a, b, false);
      expect(parting && parting.common + parting.marked[0] + parting.rest[0]).toBe(a);
      expect(parting && parting.common + parting.marked[1] + parting.rest[1]).toBe(b);
    }
  });
});
