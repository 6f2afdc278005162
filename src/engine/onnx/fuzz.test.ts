import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRng, EngineError, joinParts, type Rng } from '../core/index.ts';
import { print, verify } from '../graph/index.ts';
import { tensorByteLength } from '../tensor/index.ts';
import { readModel, requiredExternalFiles, writeModel } from './index.ts';
import { fixture, fixtureNames } from './testing/fixtures.ts';
import { outline } from './testing/same-message.ts';

/**
 * Whatever the bytes, reading ends with a model or an EngineError; and a model that was read is sound, can be printed,
 * and can be written and read again to the same thing. Seeded: a failure names its seed and comes back.
 */
const seed = 20_260_112;

/** True when it was read. Throws at anything that is neither a sound model nor a placed error. */
function readAnything(bytes: Uint8Array): boolean {
  const result = readModel(bytes);
  requiredExternalFiles(bytes);
  if (!result.ok) {
    check(
      result.error instanceof EngineError && result.error.where !== '',
      'an error without a place',
    );
    return false;
  }
  const model = result.value;
  const [problem] = verify(model);
  check(problem === undefined, `not sound: ${problem?.where} ${problem?.detail}`);
  check(print(model).includes('graph'), 'not printed');
  for (const { constant } of model.graph.constants)
    check(
      constant === undefined || tensorByteLength(constant) <= 8 * bytes.length,
      'a tensor larger than the file',
    );
  const written = joinParts(writeModel(model).parts);
  const again = readModel(written);
  if (!again.ok) throw again.error;
  check(
    Buffer.compare(joinParts(writeModel(again.value).parts), written) === 0,
    'written twice, differs',
  );
  return true;
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

/** The small fixtures in turn, so that flips fall on structure and not into one large weight. */
const small = fixtureNames.filter((name) => fixture(name).length < 700).map(fixture);

function flipped(bytes: Uint8Array, rng: Rng): Uint8Array {
  const copy = bytes.slice();
  for (let flips = 1 + rng.integer(3); flips > 0; flips--) {
    const at = rng.integer(copy.length);
    copy[at] = (copy[at] as number) ^ (1 << rng.integer(8));
  }
  return copy;
}

describe('mutated files', () => {
  it('10,000 files with flipped bits', () => {
    const rng = createRng(seed);
    let read = 0;
    for (let i = 0; i < 10_000; i++) {
      const bytes = flipped(small[i % small.length] as Uint8Array, rng);
      try {
        if (readAnything(bytes)) read++;
      } catch (error) {
        throw new Error(`mutation ${i}: ${Buffer.from(bytes).toString('base64')}`, {
          cause: error,
        });
      }
    }
    // Both ways are taken, or the test would say nothing.
    expect(read).toBeGreaterThan(500);
    expect(read).toBeLessThan(9500);
  }, 180_000);

  it('150 truncations of three files', () => {
    for (const name of ['light_squeezenet.onnx', 'test_scan9_sum.onnx', 'test_if_opt.onnx']) {
      const file = fixture(name);
      expect(readAnything(file)).toBe(true);
      let read = 0;
      for (let k = 0; k < 50; k++)
        if (readAnything(file.subarray(0, Math.floor((file.length * k) / 50)))) read++;
      expect(read).toBeLessThan(5);
    }
  });

  it('2,000 structured mutations', () => {
    const mutation = fc.record({
      fixture: fc.nat(small.length - 1),
      edits: fc.array(
        fc.record({
          pick: fc.nat(10_000),
          kind: fc.constantFrom(
            'drop',
            'repeat',
            'swap',
            'renumber',
            'retype',
            'value',
            'bytes',
            'graft',
          ),
          value: fc.oneof(
            fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
            fc.constantFrom(0n, 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 63n, 2n ** 64n - 1n),
          ),
          bytes: fc.uint8Array({ maxLength: 12 }),
        }),
        { minLength: 1, maxLength: 3 },
      ),
    });
    let read = 0;
    fc.assert(
      fc.property(mutation, ({ fixture: which, edits }) => {
        const tree = parse(small[which] as Uint8Array);
        for (const edit of edits) mutate(tree, edit);
        if (readAnything(encode(tree))) read++;
      }),
      { seed, numRuns: 2000 },
    );
    expect(read).toBeGreaterThan(200);
    expect(read).toBeLessThan(1800);
  }, 180_000);
});

/** A protobuf message as a tree: payloads that parse as messages are taken for messages. */
interface Tree {
  field: number;
  wire: number;
  value: bigint;
  payload: Uint8Array | Tree[];
}

function parse(bytes: Uint8Array): Tree[] {
  const tree = tryParse(bytes);
  if (tree === undefined) throw new Error('a fixture does not parse');
  return tree;
}

function tryParse(bytes: Uint8Array): Tree[] | undefined {
  const trees: Tree[] = [];
  let at = 0;
  const varint = (): bigint | undefined => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) return undefined;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return undefined;
  };
  while (at < bytes.length) {
    const tag = Number(varint() ?? 0n);
    const wire = tag & 7;
    const field = tag >>> 3;
    if (field === 0 || field > 200) return undefined;
    const fixed = wire === 1 ? 8 : wire === 5 ? 4 : 0;
    const value = wire === 0 || wire === 2 ? varint() : 0n;
    if (value === undefined || (wire > 2 && wire !== 5)) return undefined;
    const length = wire === 2 ? Number(value) : fixed;
    if (at + length > bytes.length) return undefined;
    const payload = bytes.slice(at, at + length);
    at += length;
    trees.push({
      field,
      wire,
      value,
      payload: (wire === 2 && length > 1 && tryParse(payload)) || payload,
    });
  }
  return trees;
}

interface Edit {
  readonly pick: number;
  readonly kind: string;
  readonly value: bigint;
  readonly bytes: Uint8Array;
}

function mutate(root: Tree[], { pick, kind, value, bytes }: Edit): void {
  const places: { list: Tree[]; index: number }[] = [];
  const collect = (list: Tree[]): void => {
    list.forEach((tree, index) => {
      places.push({ list, index });
      if (Array.isArray(tree.payload)) collect(tree.payload);
    });
  };
  collect(root);
  const place = places[pick % places.length];
  if (place === undefined) return;
  const { list, index } = place;
  const tree = list[index] as Tree;
  const other = places[(pick * 7919 + 13) % places.length];
  if (kind === 'drop') list.splice(index, 1);
  else if (kind === 'repeat') list.splice(index, 0, structuredClone(tree));
  else if (kind === 'swap') list.reverse();
  else if (kind === 'renumber') tree.field = 1 + Number(value % 30n);
  else if (kind === 'retype') tree.wire = [0, 1, 2, 5][Number(value % 4n)] as number;
  else if (kind === 'value') tree.value = value;
  else if (kind === 'bytes') tree.payload = bytes;
  else if (other !== undefined) list.push(structuredClone(other.list[other.index] as Tree));
}

function encode(trees: readonly Tree[]): Uint8Array {
  const out: number[] = [];
  const varint = (value: bigint): void => {
    let left = value;
    for (; left >= 128n; left >>= 7n) out.push(Number(left & 127n) | 128);
    out.push(Number(left));
  };
  for (const { field, wire, value, payload } of trees) {
    varint(BigInt(field * 8 + wire));
    if (wire === 0) varint(value);
    else {
      const bytes = Array.isArray(payload) ? encode(payload) : payload;
      if (wire === 2) varint(BigInt(bytes.length));
      for (let i = 0; i < (wire === 2 ? bytes.length : wire === 1 ? 8 : 4); i++)
        out.push(bytes[i] ?? 0);
    }
  }
  return Uint8Array.from(out);
}

it('the tree of a fixture encodes back to the same message', () => {
  for (const file of small) expect(outline(encode(parse(file)))).toEqual(outline(file));
});
