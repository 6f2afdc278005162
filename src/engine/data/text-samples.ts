import { zlibSync } from 'fflate';
import { EngineError } from '../core/index.ts';
import { crc32 } from './crc32.ts';
import type { Dataset } from './dataset.ts';
import { inflateBounded } from './inflate-bounded.ts';

/**
 * Whittle's compact form of a small set of texts (`public/samples/…`):
 *
 *   bytes 0..3   "WHST"
 *   bytes 4..7   length of the header, uint32 little endian
 *   header       JSON (`TextSamplesHeader`), UTF-8
 *   rest         one zlib stream of: the length of each text in bytes (uint32 little endian), one label byte per text where there are
 *                classes, then all texts in UTF-8
 *
 * Training texts come first, those held out after them.
 */
const magic = 'WHST';
const where = 'text samples file';
const maxHeaderBytes = 1 << 20;
const maxBytes = 1 << 28;

export interface TextSamplesContent {
  readonly name: string;
  /** Class names; undefined for texts without labels. */
  readonly classes: readonly string[] | undefined;
  readonly texts: readonly string[];
  /** One class index per text; undefined without classes. */
  readonly labels: readonly number[] | undefined;
  readonly splits: { readonly train: number; readonly test: number };
  readonly license: string;
  /** Where the texts come from. */
  readonly source: string;
}

interface TextSamplesHeader {
  readonly version: 1;
  readonly name: string;
  readonly classes: readonly string[] | null;
  readonly splits: { readonly train: number; readonly test: number };
  /** Bytes of the unpacked stream. */
  readonly bytes: number;
  readonly crc32: number;
  readonly license: string;
  readonly source: string;
}

/** The file as bytes; the same content gives the same bytes. Throws `argument/invalid` when counts and labels do not agree. */
export function encodeTextSamples(content: TextSamplesContent): Uint8Array<ArrayBuffer> {
  check(content);
  const { name, classes, splits, license, source } = content;
  const body = join(content);
  const header: TextSamplesHeader = {
    version: 1,
    name,
    classes: classes ?? null,
    splits: { train: splits.train, test: splits.test },
    bytes: body.length,
    crc32: crc32(body),
    license,
    source,
  };
  const json = new TextEncoder().encode(JSON.stringify(header));
  const packed = zlibSync(body, { level: 9, mem: 12 });
  const file = new Uint8Array(8 + json.length + packed.length);
  file.set(new TextEncoder().encode(magic));
  new DataView(file.buffer).setUint32(4, json.length, true);
  file.set(json, 8);
  file.set(packed, 8 + json.length);
  return file;
}

function check({ name, classes, texts, labels, splits }: TextSamplesContent): void {
  const refuse = (detail: string): never => {
    throw new EngineError('argument/invalid', { where: `samples "${name}"`, detail });
  };
  if (texts.length !== splits.train + splits.test)
    refuse(`${texts.length} texts are not ${splits.train} and ${splits.test}`);
  if ((classes === undefined) !== (labels === undefined))
    refuse('classes without labels, or labels without classes');
  if (labels !== undefined && labels.length !== texts.length)
    refuse(`${labels.length} labels for ${texts.length} texts`);
  const outside = labels?.find((label) => !(label >= 0 && label < (classes?.length ?? 0)));
  if (outside !== undefined) refuse(`label ${outside} with ${classes?.length ?? 0} classes`);
}

function join({ texts, labels }: TextSamplesContent): Uint8Array {
  const parts = texts.map((text) => new TextEncoder().encode(text));
  const head = 4 * parts.length + (labels?.length ?? 0);
  const body = new Uint8Array(parts.reduce((sum, part) => sum + part.length, head));
  const view = new DataView(body.buffer);
  parts.forEach((part, i) => view.setUint32(4 * i, part.length, true));
  if (labels !== undefined) body.set(labels, 4 * parts.length);
  let at = head;
  for (const part of parts) {
    body.set(part, at);
    at += part.length;
  }
  return body;
}

/** A bundled set of texts, opened: `all` holds training texts and held-out ones in this order and knows where the latter begin. */
export interface TextSamples {
  readonly name: string;
  readonly classes: readonly string[] | undefined;
  readonly license: string;
  readonly source: string;
  readonly all: Dataset;
}

/** True when the bytes begin as `encodeTextSamples` writes them. */
export const isTextSamples = (head: Uint8Array): boolean =>
  head.length >= 8 && String.fromCharCode(...head.subarray(0, 4)) === magic;

/** Reads what `encodeTextSamples` wrote. Throws `data/unreadable` for anything damaged. */
export function openTextSamples(bytes: Uint8Array): TextSamples {
  const { header, packed } = split(bytes);
  const body = inflateBounded(packed, 'zlib', {
    where,
    expected: header.bytes,
    maxBytes,
    maxRatio: 1032,
  });
  if (crc32(body) !== header.crc32) throw unreadable('the checksum does not match');
  const { name, license, source } = header;
  const classes = header.classes ?? undefined;
  const { train, test } = header.splits;
  const count = train + test;
  const headBytes = 4 * count + (classes === undefined ? 0 : count);
  if (headBytes > body.length) throw unreadable(`${body.length} bytes do not hold ${count} texts`);
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const ends = new Float64Array(count + 1).fill(headBytes);
  for (let i = 0; i < count; i++) ends[i + 1] = (ends[i] as number) + view.getUint32(4 * i, true);
  if (ends[count] !== body.length) throw unreadable('the lengths of its texts do not add up');
  const labels = classes && Int32Array.from(body.subarray(4 * count, headBytes));
  if (labels?.some((label) => label >= (classes?.length ?? 0)))
    throw unreadable('a label is none of its classes');
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const all: Dataset = {
    name,
    kind: 'text',
    count,
    classes,
    labels,
    sampleDims: undefined,
    testFrom: train,
    sample: (index) =>
      index >= 0 && index < count
        ? Promise.resolve({
            kind: 'text',
            text: decoder.decode(body.subarray(ends[index], ends[index + 1])),
          })
        : Promise.reject(new RangeError(`${name} has no sample ${index}`)),
  };
  return { name, classes, license, source, all };
}

function split(bytes: Uint8Array): { header: TextSamplesHeader; packed: Uint8Array } {
  if (!isTextSamples(bytes)) throw unreadable(`does not begin with "${magic}"`);
  const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(4, true);
  if (length > maxHeaderBytes || 8 + length > bytes.length)
    throw unreadable(`its header claims ${length} bytes`);
  let json: unknown;
  try {
    json = JSON.parse(
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, 8 + length)),
    );
  } catch {
    throw unreadable('its header is not JSON');
  }
  if (!isHeader(json)) throw unreadable('its header is not one of version 1');
  return { header: json, packed: bytes.subarray(8 + length) };
}

function isHeader(json: unknown): json is TextSamplesHeader {
  if (typeof json !== 'object' || json === null) return false;
  const header = json as Partial<Record<keyof TextSamplesHeader, unknown>>;
  const splits = header.splits as Partial<Record<'train' | 'test', unknown>> | null | undefined;
  const texts = (list: unknown): boolean =>
    Array.isArray(list) && list.every((entry) => typeof entry === 'string');
  return (
    header.version === 1 &&
    [header.name, header.license, header.source].every((text) => typeof text === 'string') &&
    (header.classes === null || texts(header.classes)) &&
    [splits?.train, splits?.test, header.bytes].every(
      (count) => Number.isSafeInteger(count) && (count as number) >= 0,
    ) &&
    typeof header.crc32 === 'number'
  );
}

const unreadable = (detail: string): EngineError =>
  new EngineError('data/unreadable', { where, detail });
