import type { Rng } from '../core/index.ts';
import type { RuntimeTensor } from '../runtime/index.ts';
import type { Batch, BatchSource } from './batches.ts';

/** Labelled grey or colour images of one size: bytes [count, height, width, channels]. */
export interface ImageSet {
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

export interface Augmentation {
  /** Moves by up to this many pixels each way; what comes in is 0. */
  readonly shift: number;
  /** Mirrors left and right, half of the time. */
  readonly flip: boolean;
  /**
   * Chance of blanking one rectangle of up to `eraseSize` pixels a side (Zhong et al. 2017, "Random
   * Erasing").
   */
  readonly eraseChance: number;
  readonly eraseSize: number;
}

const unchanged: Augmentation = { shift: 0, flip: false, eraseChance: 0, eraseSize: 0 };

/**
 * Batches of `images` as float32 NCHW = byte / 255, with labels int64; augmented anew each time
 * with the rng given.
 */
export function imageBatches(
  set: ImageSet,
  inputName: string,
  augmentation: Augmentation = unchanged,
): BatchSource {
  const { height, width, channels } = set;
  const size = height * width * channels;
  return {
    count: set.labels.length,
    batch(indices, rng): Batch {
      const pixels = new Float32Array(indices.length * size);
      const labels = new BigInt64Array(indices.length);
      indices.forEach((index, position) => {
        const source = set.images.subarray(index * size, (index + 1) * size);
        placeImage(
          source,
          set,
          drawChange(augmentation, set, rng),
          pixels.subarray(position * size, (position + 1) * size),
        );
        labels[position] = BigInt(set.labels[index] ?? 0);
      });
      const input: RuntimeTensor = {
        dtype: 'float32',
        dims: [indices.length, channels, height, width],
        data: new Uint8Array(pixels.buffer),
      };
      return {
        inputs: { [inputName]: input },
        labels: { dtype: 'int64', dims: [indices.length], data: new Uint8Array(labels.buffer) },
      };
    },
  };
}

interface Change {
  readonly dx: number;
  readonly dy: number;
  readonly mirrored: boolean;
  readonly erased:
    | {
        readonly top: number;
        readonly left: number;
        readonly bottom: number;
        readonly right: number;
      }
    | undefined;
}

function drawChange(augmentation: Augmentation, { height, width }: ImageSet, rng: Rng): Change {
  const { shift, flip, eraseChance, eraseSize } = augmentation;
  const offset = (): number => (shift === 0 ? 0 : rng.integer(2 * shift + 1) - shift);
  const change = { dx: offset(), dy: offset(), mirrored: flip && rng.next() < 0.5 };
  if (eraseChance === 0 || rng.next() >= eraseChance) return { ...change, erased: undefined };
  const top = rng.integer(height);
  const left = rng.integer(width);
  const side = (): number => 1 + rng.integer(eraseSize);
  return { ...change, erased: { top, left, bottom: top + side(), right: left + side() } };
}

/** HWC bytes → CHW floats in [0, 1]. */
function placeImage(source: Uint8Array, set: ImageSet, change: Change, target: Float32Array): void {
  const { height, width, channels } = set;
  const { dx, dy, mirrored, erased } = change;
  for (let row = 0; row < height; row++) {
    const fromRow = row - dy;
    if (fromRow < 0 || fromRow >= height) continue;
    for (let column = 0; column < width; column++) {
      const shifted = column - dx;
      if (shifted < 0 || shifted >= width) continue;
      if (
        erased &&
        row >= erased.top &&
        row < erased.bottom &&
        column >= erased.left &&
        column < erased.right
      )
        continue;
      const fromColumn = mirrored ? width - 1 - shifted : shifted;
      for (let channel = 0; channel < channels; channel++) {
        const byte = source[(fromRow * width + fromColumn) * channels + channel] ?? 0;
        target[(channel * height + row) * width + column] = byte / 255;
      }
    }
  }
}
