import { Gunzip, Inflate, Unzlib } from 'fflate';
import { EngineError } from '../core/index.ts';
import { unreadable, unsupported } from './data-errors.ts';

/**
 * Decompression that cannot be made to fill the memory: input goes in by small pieces, and the first output byte beyond what
 * was promised or allowed ends it. Limits after platform.md D5.9: 100 : 1, 4 GB; small outputs pass whatever their ratio.
 */
export interface InflateLimits {
  /** Names the place in errors. */
  readonly where: string;
  /** Exact size of the output, where it is known. */
  readonly expected?: number;
  /** Largest output allowed. Default 4 GB. */
  readonly maxBytes?: number;
  /** Largest output ÷ input allowed above 64 MB. Default 100. */
  readonly maxRatio?: number;
}

export type Compression = 'deflate' | 'zlib' | 'gzip';

/** Compressed bytes per push: at deflate's own limit of 1032 : 1 this is 16 MB of output before the next look. */
const pieceBytes = 16_384;
/** Outputs up to here cannot hurt, whatever their ratio (an array of zeros deflates 1000 : 1). */
const harmlessBytes = 64 << 20;

/** Inflates `bytes`. Throws `data/unreadable` (damaged, too short, too long) or `data/unsupported` (beyond the limits). */
export function inflateBounded(
  bytes: Uint8Array,
  compression: Compression,
  limits: InflateLimits,
): Uint8Array<ArrayBuffer> {
  const { where, expected } = limits;
  const allowed = allowedBytes(bytes.length, limits);
  if (expected !== undefined && expected > allowed) throw bomb(where, expected, bytes.length);
  const pieces: Uint8Array[] = [];
  let total = 0;
  let finished = false;
  const take = (piece: Uint8Array, final: boolean): void => {
    total += piece.length;
    finished ||= final;
    if (expected !== undefined && total > expected)
      throw unreadable(where, `unpacks to more than the ${expected} bytes it promises`);
    if (total > allowed) throw bomb(where, total, bytes.length);
    if (piece.length > 0) pieces.push(piece);
  };
  feed(bytes, makeStream(compression, take), where, () => false);
  if (!finished) throw unreadable(where, 'the compressed data ends early');
  if (expected !== undefined && total !== expected)
    throw unreadable(where, `unpacks to ${total} bytes and promises ${expected}`);
  return join(pieces, total, where);
}

/** The first `length` bytes of the output (fewer where it is shorter), without inflating the rest. */
export function inflatePrefix(
  bytes: Uint8Array,
  compression: Compression,
  length: number,
  where: string,
): Uint8Array<ArrayBuffer> {
  const pieces: Uint8Array[] = [];
  let total = 0;
  const take = (piece: Uint8Array): void => {
    const wanted = piece.subarray(0, Math.max(0, length - total));
    if (wanted.length > 0) pieces.push(wanted);
    total += wanted.length;
  };
  feed(bytes, makeStream(compression, take), where, () => total >= length);
  return join(pieces, total, where);
}

function allowedBytes(
  compressed: number,
  { maxBytes = 2 ** 32, maxRatio = 100 }: InflateLimits,
): number {
  return Math.min(maxBytes, Math.max(harmlessBytes, compressed * maxRatio));
}

interface Stream {
  push(chunk: Uint8Array, final?: boolean): void;
}

function makeStream(
  compression: Compression,
  take: (piece: Uint8Array, final: boolean) => void,
): Stream {
  if (compression === 'gzip') return new Gunzip(take);
  return compression === 'zlib' ? new Unzlib(take) : new Inflate(take);
}

function feed(bytes: Uint8Array, stream: Stream, where: string, enough: () => boolean): void {
  try {
    for (let at = 0; (at < bytes.length || at === 0) && !enough(); at += pieceBytes)
      stream.push(bytes.subarray(at, at + pieceBytes), at + pieceBytes >= bytes.length);
  } catch (error) {
    if (error instanceof EngineError) throw error;
    throw unreadable(
      where,
      `damaged compressed data (${error instanceof Error ? error.message : 'unknown'})`,
    );
  }
}

function join(
  pieces: readonly Uint8Array[],
  total: number,
  where: string,
): Uint8Array<ArrayBuffer> {
  const joined = allocate(total, where);
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}

/** A new array, or a typed error where the machine has no room for it. */
export function allocate(bytes: number, where: string): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(bytes);
  } catch {
    throw unsupported(where, `needs ${bytes} bytes of memory at once, more than there is`);
  }
}

const bomb = (where: string, unpacked: number, packed: number): EngineError =>
  unsupported(
    where,
    `unpacks to ${unpacked} bytes or more from ${packed}, beyond the limits of 100 : 1 and 4 GB`,
    'Store the data uncompressed if it is really that large',
  );
