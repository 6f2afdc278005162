import type { ByteSource } from '../core/index.ts';
import { elementCount } from '../tensor/index.ts';
import { mismatch, unreadable } from './data-errors.ts';
import type { Dataset } from './dataset.ts';
import { labelsFromNumbers } from './labels.ts';
import { pixelShape, interleave } from './pixel-shape.ts';

/**
 * IDX, the form MNIST comes in (yann.lecun.com/exdb/mnist): two zero bytes, an element type, the rank, each size as a
 * big-endian uint32, then the elements, big-endian. A pair of files: images (rank ≥ 2) and labels (rank 1).
 */
interface IdxArray {
  readonly source: ByteSource;
  readonly type: (typeof idxTypes)[number];
  readonly shape: readonly number[];
  readonly dataOffset: number;
}

const idxTypes = [
  { code: 0x08, bytes: 1, read: (view: DataView, at: number) => view.getUint8(at) },
  { code: 0x09, bytes: 1, read: (view: DataView, at: number) => view.getInt8(at) },
  { code: 0x0b, bytes: 2, read: (view: DataView, at: number) => view.getInt16(at) },
  { code: 0x0c, bytes: 4, read: (view: DataView, at: number) => view.getInt32(at) },
  { code: 0x0d, bytes: 4, read: (view: DataView, at: number) => view.getFloat32(at) },
  { code: 0x0e, bytes: 8, read: (view: DataView, at: number) => view.getFloat64(at) },
] as const;

/** True when the first four bytes are those of an IDX file. */
export const isIdx = (head: Uint8Array): boolean =>
  head.length >= 4 &&
  head[0] === 0 &&
  head[1] === 0 &&
  idxTypes.some((type) => type.code === head[2]) &&
  (head[3] as number) >= 1 &&
  (head[3] as number) <= 8;

/** The labels file that belongs to an images file, by MNIST's naming; undefined when the name says nothing. */
export function idxLabelsPath(imagesPath: string): string | undefined {
  const labels = imagesPath.replace(/images([-._])idx\d/, 'labels$1idx1');
  return labels === imagesPath ? undefined : labels;
}

/** Number of axes: 1 for labels, more for images. */
export const idxRank = (source: ByteSource): number => openIdx(source).shape.length;

function openIdx(source: ByteSource): IdxArray {
  const head = source.read(0, Math.min(4, source.size));
  const type = idxTypes.find((known) => known.code === head[2]);
  if (!isIdx(head) || type === undefined) throw unreadable(source.name, 'not an IDX file');
  const dataOffset = 4 + 4 * (head[3] as number);
  if (dataOffset > source.size) throw unreadable(source.name, 'its header is cut off');
  const sizes = source.read(4, dataOffset - 4);
  const view = new DataView(sizes.buffer, sizes.byteOffset, sizes.byteLength);
  const shape = Array.from({ length: head[3] as number }, (_, i) => view.getUint32(4 * i));
  const expected = elementCount(shape) * type.bytes;
  if (!(dataOffset + expected <= source.size))
    throw unreadable(
      source.name,
      `[${shape.join(', ')}] takes ${expected} bytes; ${source.size - dataOffset} are there`,
    );
  return { source, type, shape, dataOffset };
}

/** Numbers [from, from + count) of the array. */
function numbers(
  { source, type, dataOffset }: IdxArray,
  from: number,
  count: number,
): Float64Array {
  const bytes = source.read(dataOffset + from * type.bytes, count * type.bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float64Array.from({ length: count }, (_, i) => type.read(view, i * type.bytes));
}

/** Images with or without labels. Throws `data/mismatch` when the counts differ. */
export function idxDataset(
  name: string,
  imagesSource: ByteSource,
  labelsSource: ByteSource | undefined,
): Dataset {
  const images = openIdx(imagesSource);
  const [count = 0, ...dims] = images.shape;
  if (dims.length === 0)
    throw mismatch(
      imagesSource.name,
      'an IDX file of labels, without images',
      'Give the images file (…-images-idx3-ubyte) too',
    );
  const size = elementCount(dims);
  const shape = images.type.code === 0x08 ? pixelShape(dims) : undefined;
  const check = (index: number): void => {
    if (!(index >= 0 && index < count))
      throw new RangeError(`${imagesSource.name} has no sample ${index}`);
  };
  const labels = labelsSource === undefined ? undefined : readLabels(labelsSource, count);
  const common = { name, count, classes: undefined, labels };
  if (shape === undefined)
    return {
      ...common,
      kind: 'arrays',
      sampleDims: dims,
      sample: async (index) => {
        check(index);
        return {
          kind: 'array',
          dims,
          data: Float32Array.from(numbers(images, index * size, size)),
        };
      },
    };
  const { height, width, channels, planar } = shape;
  return {
    ...common,
    kind: 'images',
    sampleDims: [height, width, channels],
    sample: async (index) => {
      check(index);
      const bytes = imagesSource.read(images.dataOffset + index * size, size);
      return {
        kind: 'pixels',
        height,
        width,
        channels,
        data: planar ? interleave(bytes, shape) : bytes,
      };
    },
  };
}

function readLabels(source: ByteSource, count: number): Int32Array {
  const array = openIdx(source);
  if (array.shape.length !== 1) throw mismatch(source.name, `labels of rank ${array.shape.length}`);
  return labelsFromNumbers(
    source.name,
    numbers(array, 0, elementCount(array.shape)),
    array.shape,
    count,
  );
}
