import { Inflate, Unzlib, Gunzip } from 'fflate';
import { EngineError } from '../core/index.ts';

/**
 * Decompression that cannot be made to fill the memory: the output is allocated once at the size the file promised (after that
 * promise was held against the limits), input goes in by small pieces, and the first byte too many ends it.
 * Limits after platform.md D5.9: at most 100 : 1 where the format does not promise otherwise, at most 4 GB.
 */
export interface InflateLimits {
  /** Names the place in errors. */
  readonly where: string;
  /** Exact size of the output, where it is known. */
  readonly expected?: number;
  /** Largest output allowed. */
  readonly maxBytes: number;
  /** Largest output ÷ input allowed; small outputs (1 MB) pass whatever their ratio. */
  readonly maxRatio: number;
}

export type Compression = 'deflate' | 'zlib' | 'gzip';

/** Compressed bytes per push: at deflate's own 1032 : 1 limit this is 16 MB of output before the next look. */
const pieceBytes = 16_384;
const freeBytes = 1 << 20;

/** Inflates `bytes`. Throws `data/unreadable` (damaged, too short, too long) or `data/unsupported` (a bomb). */
export function inflateBounded(
  bytes: Uint8Array,
  compression: Compression,
  limits: InflateLimits,
): Uint8Array<ArrayBuffer> {
  const allowed = allowedBytes(bytes.length, limits);
  if (limits.expected !== undefined && limits.expected > allowed)
    throw bomb(limits, limits.expected, bytes.length);
  const pieces: Uint8Array[] = [];
  let total = 0;
  let finished = false;
  const take = (piece: Uint8Array, final: boolean): void => {
    total += piece.length;
    finished ||= final;
    if (limits.expected !== undefined && total > limits.expected)
      throw new EngineError('data/unreadable', {
        where: limits.where,
        detail: `holds more than the ${limits.expected} bytes it promises`,
      });
    if (total > allowed) throw bomb(limits, total, bytes.length);
    if (piece.length > 0) pieces.push(piece);
  };
  feed(bytes, makeStream(compression, take), limits.where);
  if (!finished) throw damaged(limits.where, 'the compressed data ends early');
  if (limits.expected !== undefined && total !== limits.expected)
    throw damaged(limits.where, `holds ${total} bytes and promises ${limits.expected}`);
  return join(pieces, total);
}

function allowedBytes(compressed: number, limits: InflateLimits): number {
  return Math.min(limits.maxBytes, Math.max(freeBytes, compressed * limits.maxRatio));
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

function feed(bytes: Uint8Array, stream: Stream, where: string): void {
  try {
    for (let at = 0; at < bytes.length || at === 0; at += pieceBytes)
      stream.push(bytes.subarray(at, at + pieceBytes), at + pieceBytes >= bytes.length);
  } catch (error) {
    if (error instanceof EngineError) throw error;
    throw damaged(
      where,
      `damaged compressed data (${error instanceof Error ? error.message : 'unknown'})`,
    );
  }
}

function join(pieces: readonly Uint8Array[], total: number): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(total);
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}

const damaged = (where: string, detail: string): EngineError =>
  new EngineError('data/unreadable', { where, detail });

function bomb(limits: InflateLimits, unpacked: number, packed: number): EngineError {
  return new EngineError('data/unsupported', {
    where: limits.where,
    detail: `unpacks to ${unpacked} bytes or more from ${packed}; the limit is ${limits.maxRatio} : 1 and ${limits.maxBytes} bytes`,
    hint: 'Store the arrays uncompressed (numpy.savez) if they are really that large',
  });
}
