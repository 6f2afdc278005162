import {
  type ByteSource,
  EngineError,
  type ErrorCode,
  memorySource,
  type Part,
  type Span,
} from '../core/index.ts';
import { maxObjects } from './schema.ts';
import { clipped, NameDecoder } from './text.ts';

/**
 * A reader of protobuf's wire format over a ByteSource that touches only what it is asked for: payloads are skipped, not
 * read. A source in memory is one window; a file is read in windows of 64 KB where the structure lies.
 * Nothing is allocated from a length that was not first compared with what is left, every loop ends at the end of its
 * message, and an error names the field path (`graph.node[3].attribute[0]`) and the byte.
 * Wire format: https://protobuf.dev/programming-guides/encoding/. Groups, which ONNX has never had, are refused.
 */
const windowBytes = 65536;
/** What is copied out of a file's window, so that small tensors and names need no second read. */
const smallBytes = 4096;

const scratch = new Float32Array(1);
const scratchBytes = new Uint8Array(scratch.buffer);

export class WireCursor {
  readonly source: ByteSource;
  readonly size: number;
  /** Absolute position of the next byte. */
  pos = 0;
  readonly #inMemory: boolean;
  #window: Uint8Array;
  #base = 0;
  #lo = 0;
  #hi = 0;
  readonly #names: NameDecoder;
  #kept = 0;
  readonly #fields: string[] = [];
  readonly #indices: number[] = [];

  constructor(source: ByteSource) {
    this.source = source;
    this.size = source.size;
    this.#names = new NameDecoder(source.size);
    this.#inMemory = liesInMemory(source);
    this.#window = source.read(
      0,
      this.#inMemory ? source.size : Math.min(windowBytes, source.size),
    );
  }

  /** A field the following reads belong to, for the place in errors. */
  enter(field: string, index = -1): void {
    this.#count();
    this.#fields.push(field);
    this.#indices.push(index);
  }

  leave(): void {
    this.#fields.pop();
    this.#indices.pop();
  }

  /** How many fields are entered. */
  get depth(): number {
    return this.#fields.length;
  }

  /** Where the cursor is: `graph.node[3].attribute[0]`. */
  get path(): string {
    return this.pathFrom(0) || 'model';
  }

  /** The part of the path below the first `depth` fields. */
  pathFrom(depth: number): string {
    const name = (field: string, i: number): string => {
      const index = this.#indices[depth + i] as number;
      return index < 0 ? field : `${field}[${index}]`;
    };
    return this.#fields.slice(depth).map(name).join('.');
  }

  fail(code: ErrorCode, detail: string, at = this.pos): never {
    throw new EngineError(code, { where: this.path, detail: `${clipped(detail)} (byte ${at})` });
  }

  /** Two bytes of a file can ask for an object of hundreds: what is kept of a file is counted. */
  #count(): void {
    if (++this.#kept > maxObjects)
      this.fail('file/too-large', `more than ${maxObjects} nodes, values, attributes and texts`);
  }

  /** The next tag, checked. */
  tag(end: number): number {
    const start = this.pos;
    this.#varint(end);
    const tag = this.#lo;
    if (this.#hi !== 0 || tag < 8)
      this.fail('onnx/malformed', 'a field with an impossible number', start);
    const wire = tag & 7;
    if (wire === 3 || wire === 4)
      this.fail('onnx/malformed', 'a group, which ONNX does not have', start);
    if (wire > 5) this.fail('onnx/malformed', `wire type ${wire} does not exist`, start);
    return tag;
  }

  /** The length of a length-delimited field, which fits into the message that ends at `end`. */
  length(end: number): number {
    const start = this.pos;
    this.#varint(end);
    const length = this.#hi * 4294967296 + this.#lo;
    if (length > end - this.pos) {
      const left = end - this.pos;
      if (end === this.size)
        this.fail(
          'onnx/truncated',
          `a field of ${length} bytes and only ${left} are left in the file`,
          start,
        );
      this.fail(
        'onnx/malformed',
        `a field of ${length} bytes in a message that has ${left} left`,
        start,
      );
    }
    return length;
  }

  /** int64: a number where it is exact, else a bigint. */
  int64(end: number): number | bigint {
    this.#varint(end);
    const high = this.#hi | 0;
    if (high >= -0x200000 && high < 0x200000) {
      const value = high * 4294967296 + this.#lo;
      if (Number.isSafeInteger(value)) return value;
    }
    return (BigInt(high) << 32n) | BigInt(this.#lo);
  }

  /** int32 and enums: the low 32 bits, signed. */
  int32(end: number): number {
    this.#varint(end);
    return this.#lo | 0;
  }

  float(end: number): number {
    if (end - this.pos < 4) this.#refuse(4, end);
    for (let i = 0; i < 4; i++) scratchBytes[i] = this.#byte();
    return scratch[0] as number;
  }

  /** The next `length` bytes: a view of the window, or read for the purpose. Not to be kept when from a file. */
  bytes(length: number, end: number): Uint8Array {
    if (length > end - this.pos) this.#refuse(length, end);
    const from = this.pos - this.#base;
    this.pos += length;
    if (from >= 0 && from + length <= this.#window.length)
      return this.#window.subarray(from, from + length);
    if (length <= windowBytes) {
      this.#fill(this.pos - length);
      return this.#window.subarray(0, length);
    }
    return this.source.read(this.pos - length, length);
  }

  text(end: number): string {
    const length = this.length(end);
    const from = this.pos - this.#base;
    if (from >= 0 && from + length <= this.#window.length) {
      this.pos += length;
      return this.#names.decode(this.#window, from, length);
    }
    return this.#names.decode(this.bytes(length, end), 0, length);
  }

  /** A bytes field that may be kept: a view in memory, else a copy. */
  keptBytes(end: number): Uint8Array {
    this.#count();
    const bytes = this.bytes(this.length(end), end);
    return this.#inMemory ? bytes : bytes.slice();
  }

  skip(tag: number, end: number): void {
    const wire = tag & 7;
    if (wire === 0) this.#varint(end);
    else this.#advance(wire === 2 ? this.length(end) : wire === 1 ? 8 : 4, end);
  }

  /** Bytes [start, end) of the file as a part: a view in memory, a copy when small, else a span. */
  part(start: number, end: number): Part {
    this.#count();
    if (this.#inMemory) return this.#window.subarray(start, end);
    return this.#small(start, end) ?? { source: this.source, offset: start, length: end - start };
  }

  /** The same as a span: in the file itself, or in a small copy so that it need not be read again. */
  span(start: number, end: number): Span {
    const copy = this.#inMemory ? undefined : this.#small(start, end);
    if (copy !== undefined)
      return { source: memorySource(copy, this.source.name), offset: 0, length: copy.length };
    return { source: this.source, offset: start, length: end - start };
  }

  #small(start: number, end: number): Uint8Array | undefined {
    const from = start - this.#base;
    if (end - start > smallBytes || from < 0 || end - this.#base > this.#window.length)
      return undefined;
    return this.#window.slice(from, from + end - start);
  }

  #refuse(length: number, end: number): never {
    const code = end === this.size ? 'onnx/truncated' : 'onnx/malformed';
    this.fail(code, `${length} bytes wanted, ${end - this.pos} left`);
  }

  #advance(length: number, end: number): void {
    if (length > end - this.pos) this.#refuse(length, end);
    this.pos += length;
  }

  #varint(end: number): void {
    const index = this.pos - this.#base;
    const byte = index >= 0 && this.pos < end ? this.#window[index] : undefined;
    if (byte !== undefined && byte < 0x80) {
      this.pos++;
      this.#lo = byte;
      this.#hi = 0;
    } else this.#longVarint(end);
  }

  #longVarint(end: number): void {
    const start = this.pos;
    let lo = 0;
    let hi = 0;
    for (let i = 0; i < 10; i++) {
      if (this.pos >= end)
        this.fail(
          end === this.size ? 'onnx/truncated' : 'onnx/malformed',
          'a number that does not end',
          start,
        );
      const byte = this.#byte();
      const bits = byte & 0x7f;
      if (i < 4) lo |= bits << (7 * i);
      else if (i === 4) {
        lo |= bits << 28;
        hi = bits >>> 4;
      } else if (i < 9) hi |= bits << (7 * i - 32);
      else if (byte > 1 && byte < 0x80)
        this.fail('onnx/malformed', 'a number of more than 64 bits', start);
      else hi |= bits << 31;
      if (byte < 0x80) {
        this.#lo = lo >>> 0;
        this.#hi = hi >>> 0;
        return;
      }
    }
    this.fail('onnx/malformed', 'a number of more than ten bytes', start);
  }

  #byte(): number {
    const index = this.pos - this.#base;
    if (index < 0 || index >= this.#window.length) this.#fill(this.pos);
    return this.#window[this.pos++ - this.#base] as number;
  }

  #fill(from: number): void {
    this.#window = this.source.read(from, Math.min(windowBytes, this.size - from));
    this.#base = from;
  }
}

/** A source whose reads are views of one buffer. Reading its two ends shows it, and costs a file two bytes. */
function liesInMemory(source: ByteSource): boolean {
  if (source.size < 2) return true;
  const first = source.read(0, 1);
  const last = source.read(source.size - 1, 1);
  return first.buffer === last.buffer && last.byteOffset - first.byteOffset === source.size - 1;
}
