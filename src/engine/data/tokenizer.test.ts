import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { isPieceList, type PieceList } from './piece-list.ts';
import { openTokenizer } from './tokenizer.ts';
import { letterFile, wordPieceFile } from './testing/tiny-tokenizers.ts';

describe('openTokenizer', () => {
  it('cuts a text into pieces, and keeps what stands around it whole when it is too long', async () => {
    const tokenizer = await openTokenizer(wordPieceFile);
    expect(tokenizer.encode('Free mails!')).toEqual([5, 6, 7, 8]);
    expect(tokenizer.encodeSample('Free mails!', 16)).toEqual([1, 5, 6, 7, 8, 2]);
    expect(tokenizer.encodeSample('Free mails!', 4)).toEqual([1, 5, 6, 2]);
    expect(tokenizer.encodeSample('', 4)).toEqual([1, 2]);
    expect(tokenizer.encode('unheard')).toEqual([3]);
    expect(tokenizer.decode([1, 5, 6, 7, 8, 2, 0])).toBe('free mails!');
    expect([tokenizer.size, tokenizer.padId, tokenizer.maxLength]).toEqual([9, 0, undefined]);
  });

  it('reads the limit and the filling that a file states', async () => {
    const tokenizer = await openTokenizer({
      ...letterFile,
      truncation: { max_length: 77 },
      padding: { pad_id: 3 },
    });
    expect([tokenizer.maxLength, tokenizer.padId]).toEqual([77, 3]);
    expect(tokenizer.encodeSample('abcabc', 4)).toEqual([0, 1, 2, 0]);
    expect(tokenizer.decode([7, 0])).toBe('ha');
  });

  it.each([
    [null],
    [{}],
    [{ model: null }],
    [[['a', 'b']]],
    ['text'],
    [{ model: { type: 'nonsense' } }],
  ])('refuses %o by name', async (json) => {
    await expect(openTokenizer(json, 'my-tokenizer.json')).rejects.toMatchObject({
      code: 'data/unreadable',
      where: 'my-tokenizer.json',
    });
  });
});

/** llama2.c's tokenizer, written out: the pair whose joined piece scores highest goes first; bytes stand at 3 and on. */
function byScores(list: PieceList, text: string): number[] {
  const ids = new Map<string, number>();
  list.forEach(([piece], id) => {
    if (!ids.has(piece)) ids.set(piece, id);
  });
  const tokens = Array.from(` ${text}`).flatMap((letter) => {
    const id = ids.get(letter);
    return id === undefined
      ? Array.from(new TextEncoder().encode(letter), (byte) => byte + 3)
      : [id];
  });
  for (;;) {
    let best: { at: number; id: number; score: number } | undefined;
    for (let at = 0; at + 1 < tokens.length; at++) {
      const joined = `${list[tokens[at] ?? 0]?.[0]}${list[tokens[at + 1] ?? 0]?.[0]}`;
      const id = ids.get(joined);
      const score = list[id ?? -1]?.[1];
      if (id !== undefined && score !== undefined && score > (best?.score ?? -Infinity))
        best = { at, id, score };
    }
    if (best === undefined) return tokens;
    tokens.splice(best.at, 2, best.id);
  }
}

const bytes: PieceList = Array.from({ length: 256 }, (_, byte) => [
  `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
  0,
]);
const tinyPieces: PieceList = [
  ['<unk>', 0],
  ['<s>', 0],
  ['</s>', 0],
  ...bytes,
  ['he', -1],
  [' t', -2],
  [' the', -3],
  ['er', -4],
  [' ', -5],
  ['t', -6],
  ['h', -7],
  ['e', -8],
  ['r', -9],
];
const story = fileURLToPath(
  new URL('../../../../shared/models/stories260k_tokenizer.json', import.meta.url),
);

describe('a list of pieces and scores', () => {
  it('is told from other JSON', () => {
    expect(isPieceList(tinyPieces)).toBe(true);
    expect(isPieceList([])).toBe(false);
    expect(isPieceList([['a']])).toBe(false);
  });

  it.each(['the there', 'her three', 'the é', "t 's", ''])(
    'gives the tokens of llama2.c for "%s"',
    async (text) => {
      const tokenizer = await openTokenizer(tinyPieces);
      expect(tokenizer.encode(text)).toEqual(text === '' ? [] : byScores(tinyPieces, text));
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    },
  );

  it.skipIf(!existsSync(story))('and those of a real model, byte for byte', async () => {
    const list = JSON.parse(readFileSync(story, 'utf8')) as PieceList;
    const tokenizer = await openTokenizer(list);
    expect(tokenizer.size).toBe(512);
    for (const text of [
      'Once upon a time, there was a little girl named Lily.',
      '"Why?" asked Tom.\nMom said: 日本 é — 42!',
    ]) {
      expect(tokenizer.encode(text)).toEqual(byScores(list, text));
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    }
  });
});
