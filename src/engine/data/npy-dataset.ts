import type { ByteSource } from '../core/index.ts';
import { unreadable, unsupported } from './data-errors.ts';
import type { Dataset, RawSample } from './dataset.ts';
import { labelsFromNumbers } from './labels.ts';
import { npyByteSlice, npyNumbers, npySlice, openNpy, type NpyArray } from './npy.ts';
import { interleave, pixelShape } from './pixel-shape.ts';

/**
 * A Dataset over `.npy` arrays: `x` with one sample per row of its first axis, `y` with labels or undefined.
 * uint8 are pixels; every other type is handed on as numbers, as it is.
 */
export function npyDataset(name: string, x: ByteSource, y: ByteSource | undefined): Dataset {
  const array = openNpy(x);
  const count = array.shape[0];
  if (count === undefined) throw unreadable(x.name, 'a single number, not an array of samples');
  const labels = y === undefined ? undefined : readLabels(y, count);
  return { name, count, classes: undefined, labels, ...samplesOf(array, count) };
}

function readLabels(y: ByteSource, count: number): Int32Array {
  const array = openNpy(y);
  if (array.shape.length === 0) throw unreadable(y.name, 'a single number, not an array of labels');
  return labelsFromNumbers(y.name, npyNumbers(array), array.shape, count);
}

function samplesOf(
  array: NpyArray,
  count: number,
): Pick<Dataset, 'kind' | 'sampleDims' | 'sample'> {
  const dims = array.shape.slice(1);
  const shape = array.element === 'u1' ? pixelShape(dims) : undefined;
  const guard =
    (read: (index: number) => RawSample) =>
    (index: number): Promise<RawSample> =>
      new Promise((resolve) => {
        if (!(index >= 0 && index < count))
          throw new RangeError(`${array.source.name} has no sample ${index}`);
        resolve(read(index));
      });
  if (shape === undefined) {
    if (dims.length === 0)
      throw unsupported(
        array.source.name,
        'one number per sample',
        'x should have at least two axes',
      );
    return {
      kind: 'arrays',
      sampleDims: dims,
      sample: guard((index) => ({ kind: 'array', dims, data: npySlice(array, index) })),
    };
  }
  const { height, width, channels, planar } = shape;
  return {
    kind: 'images',
    sampleDims: [height, width, channels],
    sample: guard((index) => {
      const bytes = npyByteSlice(array, index);
      return {
        kind: 'pixels',
        height,
        width,
        channels,
        data: planar ? interleave(bytes, shape) : bytes,
      };
    }),
  };
}
