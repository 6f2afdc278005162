import { deflateRawSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { createRng, memorySource } from '../core/index.ts';
import { entrySource } from './entry-source.ts';
import { inflateBounded } from './inflate-bounded.ts';
import { readZipDirectory } from './zip-directory.ts';

const list = (bytes: Uint8Array) => readZipDirectory(memorySource(bytes, 'a.zip'));
const code = (expected: string, words: string): object =>
  expect.objectContaining({
    code: expected,
    message: expect.stringContaining(words) as string,
  }) as object;

/** Where the directory's entry `index` begins. */
function directoryEntry(zip: Uint8Array, index: number): number {
  const view = new DataView(zip.buffer);
  let at = view.getUint32(zip.length - 6, true);
  for (let i = 0; i < index; i++)
    at +=
      46 +
      view.getUint16(at + 28, true) +
      view.getUint16(at + 30, true) +
      view.getUint16(at + 32, true);
  return at;
}

function changed(
  zip: Uint8Array,
  change: (view: DataView, entry: number) => void,
  index = 0,
): Uint8Array {
  const copy = zip.slice();
  change(new DataView(copy.buffer), directoryEntry(copy, index));
  return copy;
}

const data = Uint8Array.from({ length: 5000 }, (_, i) => i % 7);
const zip = zipSync({ 'a.npy': [data, { level: 0 }], 'b.npy': [data, { level: 6 }] });

describe('readZipDirectory', () => {
  it('finds stored and deflated entries, which read the same', () => {
    const entries = list(zip);
    expect(entries.map(({ name, method, size }) => [name, method, size])).toEqual([
      ['a.npy', 'stored', 5000],
      ['b.npy', 'deflated', 5000],
    ]);
    for (const entry of entries) {
      const source = entrySource(memorySource(zip), entry);
      expect(source.read(10, 100)).toEqual(data.subarray(10, 110));
      expect(source.read(0, 5000)).toEqual(data);
      expect(() => source.read(4999, 2)).toThrow(RangeError);
    }
  });

  it('refuses what an archive may try', () => {
    const attempts: [Uint8Array, string, string][] = [
      [
        changed(zip, (view, at) => view.setUint16(at + 8, 1, true)),
        'data/unsupported',
        'encrypted',
      ],
      [
        changed(zip, (view, at) => view.setUint16(at + 10, 12, true)),
        'data/unsupported',
        'method 12',
      ],
      [
        changed(zip, (view, at) => view.setUint32(at + 20, 4_000_000_000, true), 1),
        'data/unreadable',
        'outside the file',
      ],
      [
        changed(zip, (view, at) => view.setUint32(at + 42, 60_000_000, true)),
        'data/unreadable',
        'outside the file',
      ],
      [
        changed(zip, (view, at) => view.setUint32(at + 24, 999, true)),
        'data/unreadable',
        'two sizes',
      ],
      [zipSync({ '../a.npy': data }), 'data/unreadable', 'leads out'],
      [zipSync({ '/etc/a.npy': data }), 'data/unreadable', 'leads out'],
      [zipSync({ 'C:\\a.npy': data }), 'data/unreadable', 'leads out'],
      [
        changed(zip, (view, at) => view.setUint8(at + 46, 'a'.charCodeAt(0)), 1),
        'data/unreadable',
        'occurs twice',
      ],
      [zip.slice(0, -30), 'data/unreadable', 'not a zip archive, or cut off'],
      [new TextEncoder().encode('<html>404</html>'), 'data/unreadable', 'not a zip archive'],
    ];
    for (const [bytes, expected, words] of attempts)
      expect(() => list(bytes)).toThrow(code(expected, words));
  });

  it('refuses entries that overlap and archives of very many', () => {
    const first = changed(zip, (view, at) => view.setUint32(at + 42, 0, true), 1);
    expect(() => list(first)).toThrow(code('data/unreadable', 'overlap'));
    const many = zip.slice();
    new DataView(many.buffer).setUint16(many.length - 12, 10_001, true);
    expect(() => list(many)).toThrow(code('data/unsupported', '10001 entries'));
  });

  it('reads a zip64 directory', () => {
    // The same archive with its end record full of ones and the true numbers in a zip64 record and locator.
    const end = zip.length - 22;
    const old = new DataView(zip.buffer, zip.byteOffset + end);
    const wide = new Uint8Array(zip.length + 56 + 20);
    wide.set(zip.subarray(0, end));
    const view = new DataView(wide.buffer);
    view.setUint32(end, 0x06064b50, true);
    view.setBigUint64(end + 32, 2n, true);
    view.setBigUint64(end + 40, BigInt(old.getUint32(12, true)), true);
    view.setBigUint64(end + 48, BigInt(old.getUint32(16, true)), true);
    view.setUint32(end + 56, 0x07064b50, true);
    view.setBigUint64(end + 64, BigInt(end), true);
    wide.set(zip.subarray(end), end + 76);
    view.setUint16(end + 76 + 10, 0xffff, true);
    view.setUint32(end + 76 + 12, 0xffffffff, true);
    view.setUint32(end + 76 + 16, 0xffffffff, true);
    expect(list(wide)).toEqual(list(zip));
  });

  it('never does worse than a typed error, whatever byte is flipped', () => {
    const rng = createRng(21);
    for (let i = 0; i < 600; i++) {
      const copy = zip.slice();
      const at = rng.integer(copy.length);
      copy[at] = (copy[at] as number) ^ (1 << rng.integer(8));
      try {
        for (const entry of list(copy))
          entrySource(memorySource(copy), entry).read(0, Math.min(entry.size, 5000));
      } catch (error) {
        expect(error).toEqual(
          expect.objectContaining({ code: expect.stringMatching(/^data\//) as string }),
        );
      }
    }
  });
});

describe('inflateBounded', () => {
  it('stops a bomb early, whatever it promises', () => {
    const bomb = deflateRawSync(new Uint8Array(70_000_000), { level: 1 });
    expect(() => inflateBounded(bomb, 'deflate', { where: 'x' })).toThrow(
      code('data/unsupported', '100 : 1'),
    );
    expect(() => inflateBounded(bomb, 'deflate', { where: 'x', expected: 5 })).toThrow(
      code('data/unreadable', 'more than the 5 bytes'),
    );
    expect(() => inflateBounded(bomb, 'deflate', { where: 'x', expected: 10_000_000_000 })).toThrow(
      code('data/unsupported', '10000000000'),
    );
  });

  it('names data that is cut off, damaged or too short', () => {
    const packed = deflateRawSync(data);
    expect(() =>
      inflateBounded(packed.slice(0, -4), 'deflate', { where: 'x', expected: 5000 }),
    ).toThrow(code('data/unreadable', 'x'));
    expect(() => inflateBounded(packed, 'deflate', { where: 'x', expected: 6000 })).toThrow(
      code('data/unreadable', 'promises 6000'),
    );
    expect(() => inflateBounded(Uint8Array.of(255, 255, 255), 'deflate', { where: 'x' })).toThrow(
      code('data/unreadable', 'damaged'),
    );
    expect(inflateBounded(packed, 'deflate', { where: 'x', expected: 5000 })).toEqual(data);
  });

  it('lets small arrays of zeros pass, which deflate better than 100 : 1', () => {
    const zeros = deflateRawSync(new Uint8Array(1_000_000), { level: 9 });
    expect(zeros.length * 100).toBeLessThan(1_000_000);
    expect(inflateBounded(zeros, 'deflate', { where: 'x' }).length).toBe(1_000_000);
  });
});
