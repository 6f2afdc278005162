import { zlibSync } from 'fflate';
import { EngineError } from '../core/index.ts';
import { crc32 } from './crc32.ts';
import { filterResidual, type ImageShape } from './residual-filter.ts';

/**
 * Whittle's compact form of a small labelled image set (`public/samples/…`):
 *
 *   bytes 0..3   "WHSM"
 *   bytes 4..7   length of the header, uint32 little endian
 *   header       JSON (`SamplesHeader`), UTF-8
 *   rest         one zlib stream of: all images (filtered or not), then one label byte per image
 *
 * Train images come first, test images after them. Measured with 12,000 images: MNIST 4.7 : 1 (unfiltered),
 * Fashion-MNIST 1.8 : 1 (filtered; 1.7 : 1 without the filter). Opening takes about 0.15 s per 5 MB on a desktop core.
 */
export const samplesMagic = 'WHSM';
/** A header longer than this is not ours. */
export const maxSamplesHeaderBytes = 1 << 20;

export interface SamplesContent {
  readonly name: string;
  readonly classes: readonly string[];
  /** `[height, width, channels]`. */
  readonly dims: readonly [number, number, number];
  /** uint8, `[train + test, height, width, channels]`. */
  readonly images: Uint8Array;
  /** One class index per image. */
  readonly labels: Uint8Array;
  readonly splits: { readonly train: number; readonly test: number };
  readonly license: string;
  /** Where the images come from. */
  readonly source: string;
}

export interface SamplesHeader {
  readonly version: 1;
  readonly name: string;
  readonly classes: readonly string[];
  readonly dims: readonly [number, number, number];
  readonly splits: { readonly train: number; readonly test: number };
  readonly filter: 'none' | 'median';
  /** CRC-32 of images and labels as they were given. */
  readonly crc32: number;
  readonly license: string;
  readonly source: string;
}

export const imageShape = ([height, width, channels]: SamplesContent['dims']): ImageShape => ({
  height,
  width,
  channels,
});

/**
 * The file as bytes; the same content gives the same bytes. Throws `argument/invalid` when counts, dims and labels do not agree.
 */
export function encodeSamples(content: SamplesContent): Uint8Array<ArrayBuffer> {
  check(content);
  const { images, labels } = content;
  const plain = deflate(images, labels);
  const filtered = deflate(filterResidual(images, imageShape(content.dims)), labels);
  const filter = filtered.length < plain.length ? 'median' : 'none';
  const header: SamplesHeader = {
    version: 1,
    name: content.name,
    classes: content.classes,
    dims: content.dims,
    splits: { train: content.splits.train, test: content.splits.test },
    filter,
    crc32: crc32(labels, crc32(images)),
    license: content.license,
    source: content.source,
  };
  return assemble(header, filter === 'median' ? filtered : plain);
}

function assemble(header: SamplesHeader, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const file = new Uint8Array(8 + json.length + body.length);
  file.set(new TextEncoder().encode(samplesMagic));
  new DataView(file.buffer).setUint32(4, json.length, true);
  file.set(json, 8);
  file.set(body, 8 + json.length);
  return file;
}

function deflate(images: Uint8Array, labels: Uint8Array): Uint8Array {
  const joined = new Uint8Array(images.length + labels.length);
  joined.set(images);
  joined.set(labels, images.length);
  return zlibSync(joined, { level: 9, mem: 12 });
}

function check({ name, classes, dims, images, labels, splits }: SamplesContent): void {
  const refuse = (detail: string): never => {
    throw new EngineError('argument/invalid', { where: `samples "${name}"`, detail });
  };
  const count = splits.train + splits.test;
  const [height, width, channels] = dims;
  if (!dims.every((dim) => Number.isInteger(dim) && dim > 0))
    refuse(`dims ${dims.join('×')} are not positive integers`);
  if (images.length !== count * height * width * channels)
    refuse(`${images.length} image bytes are not ${count} images of ${dims.join('×')}`);
  if (labels.length !== count) refuse(`${labels.length} labels for ${count} images`);
  const outside = labels.find((label) => label >= classes.length);
  if (outside !== undefined) refuse(`label ${outside} with ${classes.length} classes`);
}
