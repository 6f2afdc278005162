import { crc32 } from '../../data/index.ts';
import type { Feeds, RuntimeTensor } from '../../runtime/index.ts';
import type { DType } from '../../tensor/index.ts';
import type { Learned, ValidationPoint } from '../learning.ts';

/**
 * Where a training stands, as one blob: everything that the next step depends on. Random numbers need no position: they are functions of
 * the seed, the epoch and the sample.
 *
 *   'WHTC', version u32, length of the JSON u32, CRC-32 of what follows u32, JSON, then the tensors one after another (little-endian).
 */
export interface Checkpoint {
  /** Tells whether it belongs to the same request. */
  readonly signature: string;
  /** Steps taken. */
  readonly step: number;
  readonly best: ValidationPoint | undefined;
  readonly teacher: number | undefined;
  readonly points: readonly CurvePoint[];
  /** Why it ended; undefined: it goes on. */
  readonly ended: Learned['ended'] | undefined;
  /** By input of the training graph; empty when it ended. */
  readonly state: Feeds;
  /** The weights to give out so far, by constant of the student. */
  readonly weights: Feeds;
}

/** A point of the curves, so that a chart can be drawn again after a reload. */
export interface CurvePoint {
  readonly step: number;
  readonly loss: number | undefined;
  readonly parts: Readonly<Record<string, number>>;
  readonly learningRate: number;
  readonly validation: ValidationPoint | undefined;
}

const magic = 0x43544857; // 'WHTC'
const version = 1;
const headBytes = 16;

interface Entry {
  readonly group: 'state' | 'weights';
  readonly name: string;
  readonly dtype: DType;
  readonly dims: readonly number[];
  readonly length: number;
}

type Head = Omit<Checkpoint, 'state' | 'weights'> & { readonly tensors: readonly Entry[] };

export function encodeCheckpoint({ state, weights, ...rest }: Checkpoint): Uint8Array {
  const groups = [
    ['state', state],
    ['weights', weights],
  ] as const;
  const tensors = groups.flatMap(([group, feeds]) =>
    Object.entries(feeds).map(([name, tensor]) => ({ group, name, tensor })),
  );
  const entries = tensors.map(
    ({ group, name, tensor }): Entry => ({
      group,
      name,
      dtype: tensor.dtype,
      dims: tensor.dims,
      length: bytesOf(tensor).byteLength,
    }),
  );
  const head = new TextEncoder().encode(
    JSON.stringify({ ...rest, tensors: entries } satisfies Head, endless),
  );
  const total = entries.reduce((sum, { length }) => sum + length, headBytes + head.byteLength);
  const bytes = new Uint8Array(total);
  const view = new DataView(bytes.buffer);
  [magic, version, head.byteLength].forEach((word, i) => view.setUint32(4 * i, word, true));
  bytes.set(head, headBytes);
  let at = headBytes + head.byteLength;
  for (const { tensor } of tensors) {
    bytes.set(bytesOf(tensor), at);
    at += bytesOf(tensor).byteLength;
  }
  view.setUint32(12, crc32(bytes.subarray(headBytes)), true);
  return bytes;
}

/** undefined: not a checkpoint of this version, or not whole. */
export function decodeCheckpoint(bytes: Uint8Array): Checkpoint | undefined {
  if (bytes.byteLength < headBytes) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headLength = view.getUint32(8, true);
  if (view.getUint32(0, true) !== magic || view.getUint32(4, true) !== version) return undefined;
  if (headBytes + headLength > bytes.byteLength) return undefined;
  if (view.getUint32(12, true) !== crc32(bytes.subarray(headBytes))) return undefined;
  const head = parsed(bytes.subarray(headBytes, headBytes + headLength));
  if (head === undefined) return undefined;
  const groups = { state: {}, weights: {} } as Record<
    Entry['group'],
    Record<string, RuntimeTensor>
  >;
  let at = headBytes + headLength;
  for (const { group, name, dtype, dims, length } of head.tensors) {
    if (at + length > bytes.byteLength) return undefined;
    groups[group][name] = { dtype, dims, data: bytes.slice(at, at + length) };
    at += length;
  }
  const { signature, step, best, teacher, points, ended } = head;
  return { signature, step, best, teacher, points, ended, ...groups };
}

/** JSON has no infinity, which a perfect signal-to-noise ratio is. */
const endless = (_key: string, value: unknown): unknown =>
  value === Infinity ? 'Infinity' : value;
const revived = (key: string, value: unknown): unknown =>
  key === 'value' && value === 'Infinity' ? Infinity : value;

function parsed(json: Uint8Array): Head | undefined {
  try {
    return JSON.parse(new TextDecoder().decode(json), revived) as Head;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function bytesOf({ data }: RuntimeTensor): Uint8Array {
  if (data instanceof Uint8Array) return data;
  throw new TypeError('strings are never trained');
}
