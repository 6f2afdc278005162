import { mismatch } from './data-errors.ts';
import type { Preprocess } from './dataset.ts';
import type { Pixels } from './orient-pixels.ts';
import { resizeBilinear } from './resize-bilinear.ts';

/** Values in 0..255, `[height, width, channels]`. */
export interface FloatPixels {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Float32Array;
}

/** The part of the short side that `crop` keeps: 224 of 256. */
const keptShare = 0.875;

/**
 * Brings an image to the size a model takes. `crop`: the short side is scaled to size ÷ 0.875, then the centre is cut out (sizes
 * and offsets rounded as torchvision does); for a size that is not square, both sides end at least as long as needed.
 */
export function fitPixels(
  pixels: Pixels,
  { resize, size }: Pick<Preprocess, 'resize' | 'size'>,
): FloatPixels {
  const [height, width] = size;
  const { channels } = pixels;
  if (resize === 'stretch')
    return { width, height, channels, data: resizeBilinear(pixels, width, height) };
  if (resize === 'crop') return { width, height, channels, data: cropped(pixels, width, height) };
  if (pixels.width !== width || pixels.height !== height)
    throw mismatch(
      'preprocess',
      `an image of ${pixels.width}×${pixels.height}, a model size of ${width}×${height}, and no resizing`,
      'Choose "crop" or "stretch"',
    );
  return { width, height, channels, data: Float32Array.from(pixels.data) };
}

function cropped(pixels: Pixels, width: number, height: number): Float32Array {
  const [wide, high] = [Math.trunc(width / keptShare), Math.trunc(height / keptShare)];
  const byWidth = wide / pixels.width >= high / pixels.height;
  const scaledWidth = byWidth ? wide : Math.trunc((high * pixels.width) / pixels.height);
  const scaledHeight = byWidth ? Math.trunc((wide * pixels.height) / pixels.width) : high;
  const x = roundHalfEven((scaledWidth - width) / 2);
  const y = roundHalfEven((scaledHeight - height) / 2);
  return resizeBilinear(pixels, scaledWidth, scaledHeight, { x, y, width, height });
}

/** Python's `round`, which torchvision uses here. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
