/**
 * UTF-8 that loses nothing. protobuf 2, which most ONNX files are written by, does not check its strings; a name may hold
 * any bytes. Bytes that are not UTF-8 become lone surrogates U+DC80..U+DCFF, one each, and turn into the same bytes on the
 * way out (as Python's `surrogateescape`): two different broken names stay different, and the file stays as it was.
 */

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();
const loneSurrogate = /\p{Surrogate}/u;

/** Longer texts are not names and come once. */
const shortText = 40;
const maxTableSize = 8192;

/**
 * Decodes names, each mostly once: a graph names every value where it is made and where it is read, and every operator a
 * thousand times. A table by hash holds what was decoded last; a hit costs a comparison and no memory, and equal
 * names are the same string, which makes the maps over them fast. ASCII up to 40 bytes; the rest is decoded anew.
 */
export class NameDecoder {
  /** Made when the first name comes: many cursors only look at tags. */
  #table: (string | undefined)[] | undefined;
  readonly #mask: number;

  /** `bytes`: how long the text around the names is; a small file needs a small table. */
  constructor(bytes = Infinity) {
    let size = maxTableSize;
    while (size > 64 && size * 16 > bytes) size /= 2;
    this.#mask = size - 1;
  }

  /** The text at bytes[from, from + length). */
  decode(bytes: Uint8Array, from: number, length: number): string {
    if (length > shortText) return decodeText(bytes.subarray(from, from + length));
    let hash = length;
    for (let i = from; i < from + length; i++) {
      const byte = bytes[i] as number;
      if (byte > 0x7f) return decodeText(bytes.subarray(from, from + length));
      hash = (Math.imul(hash, 31) + byte) | 0;
    }
    const slot = (hash ^ (hash >>> 13)) & this.#mask;
    this.#table ??= Array<string | undefined>(this.#mask + 1);
    const known = this.#table[slot];
    if (known !== undefined && isText(known, bytes, from, length)) return known;
    const text = asciiText(bytes, from, length);
    this.#table[slot] = text;
    return text;
  }
}

function isText(text: string, bytes: Uint8Array, from: number, length: number): boolean {
  if (text.length !== length) return false;
  for (let i = 0; i < length; i++) if (text.charCodeAt(i) !== bytes[from + i]) return false;
  return true;
}

/** One array of codes for each length, to be filled and handed to String.fromCharCode. */
const codesOf: readonly number[][] = Array.from({ length: shortText + 1 }, (_, length) =>
  Array.from({ length }, () => 0),
);

function asciiText(bytes: Uint8Array, from: number, length: number): string {
  const codes = codesOf[length] as number[];
  for (let i = 0; i < length; i++) codes[i] = bytes[from + i] as number;
  return String.fromCharCode.apply(undefined, codes);
}

/** UTF-8 → text; bytes that are not UTF-8 become lone surrogates. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    return decodeBroken(bytes);
  }
}

function decodeBroken(bytes: Uint8Array): string {
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = sequenceLength(bytes, at);
    pieces.push(
      size === 0
        ? String.fromCharCode(0xdc00 + (bytes[at] as number))
        : strict.decode(bytes.subarray(at, at + size)),
    );
    at += Math.max(size, 1);
  }
  return pieces.join('');
}

/** Length of the valid UTF-8 sequence that starts here; 0 if there is none (Unicode 15, table 3-7). */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number;
  if (first < 0x80) return 1;
  const size =
    first >= 0xc2 && first <= 0xdf
      ? 2
      : (first & 0xf0) === 0xe0
        ? 3
        : first >= 0xf0 && first <= 0xf4
          ? 4
          : 0;
  if (size === 0) return 0;
  const second = bytes[at + 1] ?? 0;
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  for (let i = 2; i < size; i++) if (((bytes[at + i] ?? 0) & 0xc0) !== 0x80) return 0;
  return size;
}

/** True when the text holds bytes that were not UTF-8 (or a lone surrogate of other origin). */
export const hasEscapedBytes = (text: string): boolean => loneSurrogate.test(text);

export function encodeText(text: string): Uint8Array {
  if (!hasEscapedBytes(text)) return encoder.encode(text);
  const pieces: Uint8Array[] = [];
  for (const symbol of text) {
    const code = symbol.codePointAt(0) as number;
    const escaped = code >= 0xdc80 && code <= 0xdcff;
    pieces.push(escaped ? Uint8Array.of(code - 0xdc00) : encoder.encode(symbol));
  }
  const joined = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}

/** For messages: a file's names may be megabytes long. */
export const clipped = (text: string): string =>
  text.length > 300 ? `${text.slice(0, 299)}…` : text;
