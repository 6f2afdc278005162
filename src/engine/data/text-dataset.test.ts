import { describe, expect, it } from 'vitest';
import { createRng, memorySource, type ByteSource } from '../core/index.ts';
import { csvFields } from './csv-fields.ts';
import type { Dataset } from './dataset.ts';
import { openDataset } from './open-dataset.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const open = (path: string, content: string | Uint8Array): Promise<Dataset> =>
  openDataset([
    { path, source: memorySource(typeof content === 'string' ? utf8(content) : content, path) },
  ]);
const texts = async (dataset: Dataset): Promise<string[]> => {
  const all: string[] = [];
  for (let i = 0; i < dataset.count; i++) {
    const sample = await dataset.sample(i);
    if (sample.kind === 'text') all.push(sample.text);
  }
  return all;
};
const fails = (code: string, words: string): object =>
  expect.objectContaining({ code, message: expect.stringContaining(words) as string }) as object;

describe('csv', () => {
  it('reads quotes, line ends inside them, doubled quotes, a byte order mark and CRLF', async () => {
    const dataset = await open(
      'a.csv',
      '\ufefflabel,text\r\npos,"good, ""really"" good"\r\nneg,"two\r\nlines"\r\n\r\npos,plain\r\n',
    );
    expect(await texts(dataset)).toEqual(['good, "really" good', 'two\r\nlines', 'plain']);
    expect(dataset.classes).toEqual(['neg', 'pos']);
    expect([...(dataset.labels ?? [])]).toEqual([1, 0, 1]);
  });

  it('finds the columns without a header, and by tab or semicolon', async () => {
    const news = await open('a.csv', '3,Title,Body of it\n4,Other,More\n');
    expect([await texts(news), [...(news.labels ?? [])]]).toEqual([
      ['Title Body of it', 'Other More'],
      [3, 4],
    ]);
    const reviews = await open('a.tsv', 'sentence\tlabel\nso, so\t1\n');
    expect([await texts(reviews), [...(reviews.labels ?? [])]]).toEqual([['so, so'], [1]]);
    const semicolons = await open('a.csv', 'text;class\na,b;x\n');
    expect(await texts(semicolons)).toEqual(['a,b']);
  });

  it('names the line of what is ragged, unlabelled, unclosed or not UTF-8', async () => {
    await expect(open('a.csv', 'text,label\na,1\nb,1,c\n')).rejects.toEqual(
      fails('data/unreadable', 'line 3 has 3 fields, the first has 2'),
    );
    await expect(open('a.csv', 'text,label\na,NaN\n')).rejects.toEqual(
      fails('data/unreadable', 'line 2 has no label'),
    );
    await expect(open('a.csv', 'text,label\n"a\nb,1\n')).rejects.toEqual(
      fails('data/unreadable', 'opened on line 2 is never closed'),
    );
    await expect(open('a.csv', 'text,label\na"b"c",1\nd"e,"1\n')).rejects.toMatchObject({
      code: 'data/unreadable',
    });
    await expect(open('a.csv', Uint8Array.of(97, 44, 0xff, 0xfe, 10))).rejects.toEqual(
      fails('data/unreadable', 'line 1 is not UTF-8'),
    );
    await expect(open('a.csv', Uint8Array.of(0xff, 0xfe, 97, 0))).rejects.toEqual(
      fails('data/unreadable', 'UTF-16'),
    );
    await expect(open('a.csv', '\n\n')).rejects.toEqual(fails('data/empty', 'no line'));
  });

  it('reads a large file in pieces, and each text again when asked', async () => {
    const line = (i: number): string =>
      `${i % 4},"row ${i} ${'x'.repeat(i % 90)}, é 한 ${i % 3 === 0 ? '\n' : ''}end"\n`;
    const bytes = utf8(Array.from({ length: 40_000 }, (_, i) => line(i)).join(''));
    let largest = 0;
    const source: ByteSource = {
      ...memorySource(bytes, 'big.csv'),
      read: (at, length) => {
        largest = Math.max(largest, length);
        return bytes.subarray(at, at + length);
      },
    };
    const dataset = await openDataset([{ path: 'big.csv', source }]);
    expect(dataset.count).toBe(40_000);
    expect(bytes.length).toBeGreaterThan(2 << 20);
    expect(largest).toBeLessThanOrEqual(1 << 20);
    for (const i of [0, 1, 17_003, 39_999]) {
      expect(await dataset.sample(i)).toEqual({ kind: 'text', text: line(i).slice(3, -2) });
      expect(dataset.labels?.[i]).toBe(i % 4);
    }
  });
});

describe('csvFields', () => {
  it('gives back what was written', () => {
    const rng = createRng(6);
    const letters = ['a', '"', ',', ' ', '\n', 'é'];
    for (let i = 0; i < 500; i++) {
      const fields = Array.from({ length: 1 + rng.integer(4) }, () =>
        Array.from({ length: rng.integer(5) }, () => letters[rng.integer(6)]).join(''),
      );
      const record = fields.map((field) => `"${field.replaceAll('"', '""')}"`).join(',');
      expect(csvFields(record, ',')).toEqual(fields);
    }
    expect(csvFields('a,,b,', ',')).toEqual(['a', '', 'b', '']);
    expect(csvFields('"a"b,c', ',')).toBeUndefined();
    expect(csvFields('"a', ',')).toBeUndefined();
  });
});

describe('jsonl', () => {
  it('reads text and labels under the names people use', async () => {
    const dataset = await open(
      'a.jsonl',
      '{"review": "fine", "sentiment": "good", "id": 1}\n{"id": 2, "sentiment": "bad", "review": "no"}\n',
    );
    expect([await texts(dataset), dataset.classes, [...(dataset.labels ?? [])]]).toEqual([
      ['fine', 'no'],
      ['bad', 'good'],
      [1, 0],
    ]);
    const unlabelled = await open('a.jsonl', '"only text"\n"more"');
    expect([await texts(unlabelled), unlabelled.labels]).toEqual([
      ['only text', 'more'],
      undefined,
    ]);
  });

  it('names the line of what is not JSON, has no text, or is unlike the rest', async () => {
    await expect(open('a.jsonl', '{"text": "a"}\n{oops\n')).rejects.toEqual(
      fails('data/unreadable', 'line 2 is not JSON'),
    );
    await expect(open('a.jsonl', '{"number": 3}\n')).rejects.toEqual(
      fails('data/unreadable', 'line 1 has no text'),
    );
    await expect(open('a.jsonl', '{"text": "a", "label": 1}\n{"text": "b"}\n')).rejects.toEqual(
      fails('data/unreadable', 'line 2 has no label'),
    );
    await expect(open('a.jsonl', '{"text": "a"}\n{"text": "b", "label": 1}\n')).rejects.toEqual(
      fails('data/unreadable', 'line 2 is the first with a label'),
    );
    await expect(open('a.jsonl', '{"text": "a", "label": {"__proto__": 1}}\n')).rejects.toEqual(
      fails('data/unreadable', 'neither text nor a number'),
    );
  });
});

describe('txt', () => {
  it('cuts into pieces that join to the file again', async () => {
    const rng = createRng(12);
    const words = Array.from(
      { length: 9000 },
      () => ['short', 'été', '한국어', '🙂', '\n', 'x'.repeat(rng.integer(40))][rng.integer(6)],
    ).join(' ');
    for (const text of [words, 'é'.repeat(9000), `${'a'.repeat(10_000)}\n${'b'.repeat(10)}`]) {
      const dataset = await open('a.txt', `\ufeff${text}`);
      const pieces = await texts(dataset);
      expect(pieces.join('')).toBe(text);
      expect(Math.max(...pieces.map((piece) => utf8(piece).length))).toBeLessThanOrEqual(4096);
      expect(dataset.labels).toBeUndefined();
    }
  });
});
