import { EngineError } from '../core/index.ts';
import { crc32 } from './crc32.ts';
import type { Dataset } from './dataset.ts';
import {
  imageShape,
  maxSamplesHeaderBytes,
  samplesMagic,
  type SamplesHeader,
} from './encode-samples.ts';
import { inflateBounded } from './inflate-bounded.ts';
import { pixelsDataset } from './pixels-dataset.ts';
import { unfilterResidual } from './residual-filter.ts';

/** A bundled image set, opened: `all` holds train and test in this order and knows where its own test part begins. */
export interface Samples {
  readonly name: string;
  readonly classes: readonly string[];
  readonly license: string;
  readonly source: string;
  readonly train: Dataset;
  readonly test: Dataset;
  readonly all: Dataset;
}

const where = 'samples file';
const maxBytes = 1 << 30;

/** True when the bytes begin as `encodeSamples` writes them. */
export const isSamples = (head: Uint8Array): boolean =>
  head.length >= 8 && String.fromCharCode(...head.subarray(0, 4)) === samplesMagic;

/** Reads what `encodeSamples` wrote. Throws `data/unreadable` for anything damaged. */
export async function openSamples(bytes: Uint8Array): Promise<Samples> {
  const { header, body } = split(bytes);
  const { train, test } = header.splits;
  const [height, width, channels] = header.dims;
  const imageBytes = height * width * channels;
  const unpacked = inflateBounded(body, 'zlib', {
    where,
    expected: (train + test) * (imageBytes + 1),
    maxBytes,
    maxRatio: 1032,
  });
  const images = unpacked.subarray(0, (train + test) * imageBytes);
  const labels = unpacked.subarray(images.length);
  if (header.filter === 'median') unfilterResidual(images, imageShape(header.dims));
  if (crc32(labels, crc32(images)) !== header.crc32)
    throw unreadable('the checksum does not match');
  const part = (from: number, to: number): Dataset =>
    pixelsDataset({
      name: header.name,
      classes: header.classes,
      dims: header.dims,
      images: images.subarray(from * imageBytes, to * imageBytes),
      labels: Int32Array.from(labels.subarray(from, to)),
    });
  const { name, classes, license, source } = header;
  const all: Dataset = { ...part(0, train + test), testFrom: train };
  return {
    name,
    classes,
    license,
    source,
    train: part(0, train),
    test: part(train, train + test),
    all,
  };
}

function split(bytes: Uint8Array): { header: SamplesHeader; body: Uint8Array } {
  if (!isSamples(bytes)) throw unreadable(`does not begin with "${samplesMagic}"`);
  const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(4, true);
  if (length > maxSamplesHeaderBytes || 8 + length > bytes.length)
    throw unreadable(`its header claims ${length} bytes`);
  return { header: parseHeader(bytes.subarray(8, 8 + length)), body: bytes.subarray(8 + length) };
}

function parseHeader(bytes: Uint8Array): SamplesHeader {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw unreadable('its header is not JSON');
  }
  if (!isHeader(json)) throw unreadable('its header is not one of version 1');
  return json;
}

function isHeader(json: unknown): json is SamplesHeader {
  if (typeof json !== 'object' || json === null) return false;
  const header = json as Partial<Record<keyof SamplesHeader, unknown>>;
  const splits = header.splits as Partial<Record<'train' | 'test', unknown>> | null | undefined;
  return (
    header.version === 1 &&
    [header.name, header.license, header.source].every((text) => typeof text === 'string') &&
    Array.isArray(header.classes) &&
    header.classes.every((name) => typeof name === 'string') &&
    Array.isArray(header.dims) &&
    header.dims.length === 3 &&
    header.dims.every((dim) => isCount(dim) && dim > 0) &&
    (header.dims[2] === 1 || header.dims[2] === 3) &&
    typeof splits === 'object' &&
    isCount(splits?.train) &&
    isCount(splits?.test) &&
    (header.filter === 'none' || header.filter === 'median') &&
    typeof header.crc32 === 'number'
  );
}

const isCount = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 0;

const unreadable = (detail: string): EngineError =>
  new EngineError('data/unreadable', { where, detail });
