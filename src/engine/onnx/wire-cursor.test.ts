import { describe, expect, it } from 'vitest';
import { createRng, joinParts, memorySource, unwrap } from '../core/index.ts';
import { readModel, writeModel } from './index.ts';
import { graph, join, message, model, node, tensor, type Field } from './testing/encode.ts';
import { fileLike } from './testing/file-source.ts';
import { WireCursor } from './wire-cursor.ts';

describe('reading in windows', () => {
  it('gives what reading from memory gives, wherever the windows end', () => {
    // Names, payloads and small tensors of random length, so that every kind of field meets a window's edge.
    const rng = createRng(3);
    const nodes: Field[][] = [];
    const initializers: Field[] = [];
    let last = 'x';
    for (let i = 0; i < 1500; i++) {
      const out = i === 1499 ? 'y' : `${i}_${'n'.repeat(rng.integer(i % 300 === 0 ? 70_000 : 60))}`;
      const count = rng.integer(i % 50 === 0 ? 9000 : 40);
      initializers.push([
        5,
        [
          [1, count],
          [2, 2],
          [8, `w${i}`],
          [9, new Uint8Array(count).fill(i)],
        ],
      ]);
      nodes.push(
        node(
          'Foo',
          [last, `w${i}`],
          [out],
          [
            [1, 'a'],
            [8, i],
            [8, -i],
            [20, 7],
          ],
          [
            [1, 's'],
            [4, 'q'.repeat(rng.integer(200))],
            [20, 3],
          ],
        ),
      );
      last = out;
    }
    const file = model(graph(nodes, ...initializers));
    const source = fileLike(file);
    const fromFile = unwrap(readModel(source));
    const fromMemory = unwrap(readModel(file));
    const written = [fromFile, fromMemory].map((read) => joinParts(writeModel(read).parts));
    expect(Buffer.compare(written[0] as Uint8Array, written[1] as Uint8Array)).toBe(0);
    expect(Math.max(...source.reads.map((read) => read.length))).toBeLessThan(100_000);
  });

  it('small tensors of a file are not read twice', () => {
    const source = fileLike(model(graph(undefined, [5, tensor('w')])));
    const read = unwrap(readModel(source));
    const before = source.reads.length;
    const data = read.graph.constants[0]?.constant?.data;
    if (data === undefined || !('source' in data)) throw new Error('no data');
    expect([...data.source.read(data.offset, data.length)]).toEqual([0, 0, 128, 63]);
    expect(source.reads).toHaveLength(before);
  });

  it('memory is never copied, a file is', () => {
    const bytes = message([1, 'some text']);
    const cursor = new WireCursor(memorySource(bytes));
    expect(cursor.bytes(4, bytes.length).buffer).toBe(bytes.buffer);
    const shifted = join(Uint8Array.of(1, 2, 3), bytes).subarray(3);
    expect(new WireCursor(memorySource(shifted)).part(0, 4)).toMatchObject({ byteOffset: 3 });
    const part = new WireCursor(fileLike(bytes)).part(0, 4);
    expect(part instanceof Uint8Array && part.buffer !== bytes.buffer).toBe(true);
  });
});

describe('numbers', () => {
  const cursor = (...bytes: readonly number[]): WireCursor =>
    new WireCursor(memorySource(Uint8Array.from(bytes)));

  it.each([
    0n,
    1n,
    127n,
    128n,
    2n ** 28n,
    2n ** 31n,
    2n ** 32n - 1n,
    2n ** 35n + 1n,
    2n ** 53n - 1n,
    2n ** 53n,
    2n ** 53n + 1n,
    2n ** 63n - 1n,
    -1n,
    -(2n ** 31n),
    -(2n ** 53n),
    -(2n ** 63n),
  ])('int64 %s', (value) => {
    const bytes = message([1, value]).subarray(1);
    const read = new WireCursor(memorySource(bytes)).int64(bytes.length);
    expect(BigInt(read)).toBe(value);
    expect(typeof read).toBe(
      value <= 2n ** 53n - 1n && value >= -(2n ** 53n) + 1n ? 'number' : 'bigint',
    );
  });

  it('int32 keeps the low bits, as protobuf does', () => {
    expect(cursor(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1).int32(10)).toBe(-1);
    expect(cursor(0x80, 0x80, 0x80, 0x80, 0x10).int32(5)).toBe(0);
  });

  it('accepts needlessly long numbers', () => {
    expect(cursor(0x85, 0x80, 0x00).int64(3)).toBe(5);
  });

  it('places an error', () => {
    const c = cursor(0x80);
    c.enter('graph');
    c.enter('node', 3);
    expect(() => c.tag(1)).toThrow('graph.node[3]: a number that does not end (byte 0)');
  });
});
