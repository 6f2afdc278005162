import type { Pixels } from './orient-pixels.ts';

/**
 * Antialiased bilinear resizing as PIL (`Image.BILINEAR`) and torchvision (`antialias=True`) define it: a triangle filter whose
 * support grows with the reduction, separable, edges cut off and renormalized, pixel centres at half-integers. Where PIL rounds
 * to bytes after each of the two passes, this stays in float32, so it differs from PIL by at most about one byte step.
 */
export interface Window {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * `pixels` scaled to `width` × `height`, of which only `window` is computed.
 * Returns `[window.height, window.width, channels]` in 0..255.
 */
export function resizeBilinear(
  pixels: Pixels,
  width: number,
  height: number,
  window?: Window,
): Float32Array {
  const part = window ?? { x: 0, y: 0, width, height };
  const columns = filterTaps(pixels.width, width, part.x, part.width);
  const rows = filterTaps(pixels.height, height, part.y, part.height);
  return verticalPass(
    horizontalPass(pixels, columns, rows),
    columns.length * pixels.channels,
    rows,
  );
}

/** The source positions `first … first + weights.length − 1` that one target position is made of. */
interface Taps {
  readonly first: number;
  readonly weights: Float64Array;
}

function filterTaps(from: number, to: number, start: number, count: number): Taps[] {
  const scale = from / to;
  const support = Math.max(scale, 1);
  return Array.from({ length: count }, (_, i) => {
    const centre = (start + i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support + 0.5));
    const last = Math.min(from, Math.trunc(centre + support + 0.5));
    const weights = Float64Array.from({ length: last - first }, (_unused, k) =>
      Math.max(0, 1 - Math.abs((first + k + 0.5 - centre) / support)),
    );
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}

interface Rows {
  /** Source row that `data` begins with. */
  readonly first: number;
  readonly data: Float32Array;
}

function horizontalPass(
  { width, channels, data }: Pixels,
  columns: readonly Taps[],
  rows: readonly Taps[],
): Rows {
  const top = rows[0];
  const bottom = rows.at(-1);
  if (top === undefined || bottom === undefined) return { first: 0, data: new Float32Array() };
  const first = top.first;
  const end = bottom.first + bottom.weights.length;
  const narrow = new Float32Array((end - first) * columns.length * channels);
  let to = 0;
  for (let y = first; y < end; y++)
    for (const { first: left, weights } of columns)
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0;
        let at = (y * width + left) * channels + channel;
        for (let k = 0; k < weights.length; k++, at += channels)
          sum += (weights[k] as number) * (data[at] as number);
        narrow[to++] = sum;
      }
  return { first, data: narrow };
}

function verticalPass(
  { first, data }: Rows,
  rowLength: number,
  rows: readonly Taps[],
): Float32Array {
  const result = new Float32Array(rows.length * rowLength);
  const sums = new Float64Array(rowLength);
  rows.forEach(({ first: top, weights }, y) => {
    sums.fill(0);
    weights.forEach((weight, k) => {
      const start = (top - first + k) * rowLength;
      for (let i = 0; i < rowLength; i++)
        sums[i] = (sums[i] as number) + weight * (data[start + i] as number);
    });
    result.set(sums, y * rowLength);
  });
  return result;
}
