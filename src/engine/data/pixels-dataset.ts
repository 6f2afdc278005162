import { EngineError } from '../core/index.ts';
import type { Dataset, RawSample } from './dataset.ts';

/** Images of one size that lie in memory as bytes, `[count, height, width, channels]`. */
export interface PixelArrays {
  readonly name: string;
  readonly classes: readonly string[] | undefined;
  /** `[height, width, channels]`. */
  readonly dims: readonly [number, number, number];
  readonly images: Uint8Array;
  readonly labels: Int32Array | undefined;
}

/** A Dataset over them; samples are views, nothing is copied. */
export function pixelsDataset({ name, classes, dims, images, labels }: PixelArrays): Dataset {
  const [height, width, channels] = dims;
  const bytes = height * width * channels;
  if (channels !== 1 && channels !== 3 && channels !== 4)
    throw new EngineError('data/unsupported', {
      where: name,
      detail: `pixels with ${channels} channels`,
    });
  const count = bytes === 0 ? 0 : images.length / bytes;
  const sample = (index: number): Promise<RawSample> => {
    if (index < 0 || index >= count)
      return Promise.reject(new RangeError(`${name} has no sample ${index}`));
    const data = images.subarray(index * bytes, (index + 1) * bytes);
    return Promise.resolve({ kind: 'pixels', width, height, channels, data });
  };
  return { name, kind: 'images', count, classes, labels, sampleDims: dims, sample };
}
