import type { Rng } from '../../core/index.ts';
import type { AugmentationSettings, ImageLayout } from '../learning.ts';

/** How one view of an image differs from it. Pixels. */
export interface ImageChange {
  readonly dx: number;
  readonly dy: number;
  readonly mirrored: boolean;
  /** The square that is blanked; it may reach over the border. */
  readonly blank:
    | { readonly top: number; readonly left: number; readonly size: number }
    | undefined;
}

/**
 * Draws a view: moved by up to `shift` pixels, and by up to `crop` more (cropping at random after padding by `crop` is the same as moving,
 * He et al. 2016), mirrored half of the time, and with a blank square around a pixel drawn from all (DeVries & Taylor 2017).
 */
export function drawImageChange(
  settings: AugmentationSettings,
  { height, width }: ImageLayout,
  rng: Rng,
): ImageChange {
  const offset = (reach: number): number => (reach === 0 ? 0 : rng.integer(2 * reach + 1) - reach);
  const dx = offset(settings.shift) + offset(settings.crop);
  const dy = offset(settings.shift) + offset(settings.crop);
  const mirrored = settings.flip && rng.next() < 0.5;
  const { cutout: size, cutoutChance } = settings;
  if (size === 0 || cutoutChance === 0 || rng.next() >= cutoutChance)
    return { dx, dy, mirrored, blank: undefined };
  const half = size >> 1;
  const blank = { top: rng.integer(height) - half, left: rng.integer(width) - half, size };
  return { dx, dy, mirrored, blank };
}

/** Writes the view of `source` into `target`, both one preprocessed image; what comes in is black. */
export function changeImage(
  source: Float32Array,
  image: ImageLayout,
  change: ImageChange,
  target: Float32Array,
): void {
  fillBlack(target, image, { top: 0, left: 0, bottom: image.height, right: image.width });
  const { height, width } = image;
  // A plane is a channel (NCHW) or the whole image (NHWC), whose pixels take `unit` numbers.
  const [planes, unit] = image.layout === 'NCHW' ? [image.channels, 1] : [1, image.channels];
  const from = Math.max(0, change.dx);
  const to = Math.min(width, width + change.dx);
  for (let plane = 0; plane < planes; plane++)
    for (let row = Math.max(0, change.dy); row < Math.min(height, height + change.dy); row++) {
      const targetRow = (plane * height + row) * width * unit;
      const sourceRow = (plane * height + row - change.dy) * width * unit;
      if (change.mirrored)
        mirrorRow(source, sourceRow, target, targetRow, { from, to, dx: change.dx, width, unit });
      else if (from < to)
        target.set(
          source.subarray(
            sourceRow + (from - change.dx) * unit,
            sourceRow + (to - change.dx) * unit,
          ),
          targetRow + from * unit,
        );
    }
  const { blank } = change;
  if (blank !== undefined)
    fillBlack(target, image, {
      top: Math.max(0, blank.top),
      left: Math.max(0, blank.left),
      bottom: Math.min(height, blank.top + blank.size),
      right: Math.min(width, blank.left + blank.size),
    });
}

interface Run {
  readonly from: number;
  readonly to: number;
  readonly dx: number;
  readonly width: number;
  readonly unit: number;
}

function mirrorRow(
  source: Float32Array,
  sourceRow: number,
  target: Float32Array,
  targetRow: number,
  { from, to, dx, width, unit }: Run,
): void {
  for (let column = from; column < to; column++) {
    const mirrored = width - 1 - (column - dx);
    for (let k = 0; k < unit; k++)
      target[targetRow + column * unit + k] = source[sourceRow + mirrored * unit + k] as number;
  }
}

interface Area {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

function fillBlack(
  target: Float32Array,
  { layout, height, width, channels, black }: ImageLayout,
  { top, left, bottom, right }: Area,
): void {
  for (let channel = 0; channel < channels; channel++) {
    const value = black[channel] ?? 0;
    for (let row = top; row < bottom; row++) {
      if (layout === 'NCHW') {
        const start = (channel * height + row) * width;
        if (left < right) target.fill(value, start + left, start + right);
        continue;
      }
      for (let column = left; column < right; column++)
        target[(row * width + column) * channels + channel] = value;
    }
  }
}
