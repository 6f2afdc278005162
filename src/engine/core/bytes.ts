/**
 * Where bytes lie, without saying how they are held: an ArrayBuffer, a File read on demand (FileReaderSync in a worker),
 * or a file descriptor in Node. `read` is synchronous so that the graph code need not be asynchronous throughout;
 * a source in memory answers with a view and copies nothing.
 */
export interface ByteSource {
  readonly name: string;
  readonly size: number;
  /** Bytes [offset, offset + length). The caller must not write to them. Throws RangeError outside the source. */
  read(offset: number, length: number): Uint8Array;
}

/** A range of a source: how weights are carried about without being copied. */
export interface Span {
  readonly source: ByteSource;
  readonly offset: number;
  readonly length: number;
}

/** One piece of a file to be written: bytes made here, or a range of a source that is passed on as it is. */
export type Part = Uint8Array | Span;

export function memorySource(given: Uint8Array, name = 'memory'): ByteSource {
  // A subclass (Node's Buffer) slices without copying, which code that wants an aligned copy must be able to rely on.
  const bytes =
    given.constructor === Uint8Array
      ? given
      : new Uint8Array(given.buffer, given.byteOffset, given.byteLength);
  return {
    name,
    size: bytes.byteLength,
    read(offset, length) {
      if (offset < 0 || length < 0 || offset + length > bytes.byteLength)
        throw new RangeError(`${name}: ${offset}+${length} lies outside ${bytes.byteLength} bytes`);
      return bytes.subarray(offset, offset + length);
    },
  };
}

export const spanOf = (bytes: Uint8Array, name?: string): Span => ({
  source: memorySource(bytes, name),
  offset: 0,
  length: bytes.byteLength,
});

export const readSpan = (span: Span): Uint8Array => span.source.read(span.offset, span.length);

export const isSpan = (part: Part): part is Span => !(part instanceof Uint8Array);

export const partsSize = (parts: readonly Part[]): number =>
  parts.reduce((sum, part) => sum + (isSpan(part) ? part.length : part.byteLength), 0);

/** One contiguous copy of all parts: for a session or a hash; a file is better written part by part. */
export function joinParts(parts: readonly Part[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(partsSize(parts));
  let at = 0;
  for (const part of parts) {
    const bytes = isSpan(part) ? readSpan(part) : part;
    joined.set(bytes, at);
    at += bytes.byteLength;
  }
  return joined;
}
