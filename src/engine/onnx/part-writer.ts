import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { isSpan, type Part, partsSize } from '../core/index.ts';
import { encodeText, hasEscapedBytes } from './text.ts';

/**
 * A protobuf message as a list of parts: small fields through the library's writer, payloads as spans that are passed on
 * and never copied. A message that holds spans is built on its own and then put into its parent, which needs only its size.
 */
const copyBelow = 1024;

const isBig = (part: Part): boolean => isSpan(part) && part.length > copyBelow;

export class PartWriter {
  readonly #wire = new BinaryWriter();
  readonly #parts: Part[] = [];
  #open = 0;

  text(field: number, text: string): void {
    this.#wire.tag(field, WireType.LengthDelimited);
    if (hasEscapedBytes(text)) this.#wire.bytes(encodeText(text));
    else this.#wire.string(text);
  }

  int(field: number, value: number | bigint): void {
    this.#wire.tag(field, WireType.Varint);
    if (typeof value === 'number' && value >= 0 && value <= 0xffffffff) this.#wire.uint32(value);
    else this.#wire.int64(value);
  }

  float(field: number, value: number): void {
    this.#wire.tag(field, WireType.Bit32).float(Math.fround(value));
  }

  bytes(field: number, payload: Part): void {
    this.#wire
      .tag(field, WireType.LengthDelimited)
      .uint32(isSpan(payload) ? payload.length : payload.length);
    this.part(payload);
  }

  /** A message that holds no big spans. */
  small(field: number, write: () => void): void {
    this.#wire.tag(field, WireType.LengthDelimited).fork();
    this.#open++;
    write();
    this.#open--;
    this.#wire.join();
  }

  /** A message made of parts. */
  message(field: number, parts: readonly Part[]): void {
    this.#wire.tag(field, WireType.LengthDelimited).uint32(partsSize(parts));
    this.parts(parts);
  }

  /** Encoded fields, as they are. */
  parts(parts: readonly Part[]): void {
    for (const part of parts) this.part(part);
  }

  part(part: Part): void {
    if (isBig(part)) {
      this.#flush();
      this.#parts.push(part);
    } else this.#wire.raw(isSpan(part) ? part.source.read(part.offset, part.length) : part);
  }

  finish(): Part[] {
    this.#flush();
    return this.#parts;
  }

  #flush(): void {
    if (this.#open > 0) throw new Error('a small message holds a big span');
    const bytes = this.#wire.finish();
    if (bytes.length > 0) this.#parts.push(bytes);
  }
}

/** True when the parts can stand in a `small` message. */
export const areSmall = (parts: readonly Part[]): boolean => !parts.some(isBig);
