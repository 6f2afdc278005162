/**
 * Affine quantization (Jacob et al. 2018, arXiv:1712.05877, eq. 1; Krishnamoorthi 2018, arXiv:1806.08342, §2):
 *
 *   q = clamp(round(x / scale) + zeroPoint, qmin, qmax)      x ≈ scale · (q − zeroPoint)
 *
 * with round half to even and a float32 division, as ONNX QuantizeLinear does it. The range always contains 0, so that zero (padding,
 * the output of Relu) is represented exactly. A scale is never 0, denormal or so small that the product of two underflows.
 */
export interface Grid {
  readonly dtype: 'uint8' | 'int8';
  readonly qmin: number;
  readonly qmax: number;
}

export const uint8Grid: Grid = { dtype: 'uint8', qmin: 0, qmax: 255 };
export const int8Grid: Grid = { dtype: 'int8', qmin: -128, qmax: 127 };

export interface Affine {
  /** A float32 number > 0. */
  readonly scale: number;
  readonly zeroPoint: number;
}

/** 2^-60: the product of two scales (that of an int32 bias) is still a normal float32. */
export const smallestScale = 2 ** -60;

/** Scale 1 for a range of nothing but zeros: any scale represents them, and 1 can do no harm. */
export const safeScale = (scale: number): number =>
  scale === 0 ? 1 : Math.fround(Math.max(scale, smallestScale));

const magic = 1.5 * 2 ** 52;

/** Round half to even, exact for |x| < 2^51: adding 1.5·2^52 leaves no fraction bits, and the addition rounds half to even. */
export const roundHalfEven = (x: number): number => x + magic - magic;

export const clamp = (x: number, low: number, high: number): number =>
  x < low ? low : x > high ? high : x;

/** `lowest` and `highest` are widened to contain 0. Both must be finite. */
export function asymmetricAffine(lowest: number, highest: number, grid: Grid): Affine {
  const low = Math.min(lowest, 0);
  const high = Math.max(highest, 0);
  const scale = safeScale((high - low) / (grid.qmax - grid.qmin));
  const zeroPoint = clamp(roundHalfEven(grid.qmin - low / scale), grid.qmin, grid.qmax);
  return { scale, zeroPoint };
}

/** Zero point 0 for int8 (the grid −127..127, without −128), 128 for uint8. */
export function symmetricAffine(largest: number, grid: Grid): Affine {
  return { scale: safeScale(largest / 127), zeroPoint: grid.dtype === 'int8' ? 0 : 128 };
}

/**
 * For a value that an activation has clamped to [0, ceiling]: zero point = qmin, and the largest number of the grid is not above the
 * ceiling even after float32 rounding. Both are what lets ONNX Runtime drop the Relu or Clip before the QuantizeLinear.
 */
export function nonNegativeAffine(
  highest: number,
  ceiling: number | undefined,
  grid: Grid,
): Affine {
  const steps = grid.qmax - grid.qmin;
  const top = Math.max(0, ceiling === undefined ? highest : Math.min(highest, ceiling));
  let scale = safeScale(top / steps);
  if (ceiling !== undefined) {
    if (top === 0) scale = Math.fround(ceiling / steps);
    while (Math.fround(scale * steps) > ceiling) scale = Math.fround(scale * (1 - 2 ** -23));
  }
  return { scale, zeroPoint: grid.qmin };
}

/** For a clamped value whose activation has to stay: one step of the grid lies below 0, which Relu and Clip never give. */
export function raisedAffine(highest: number, grid: Grid): Affine {
  const scale = safeScale(Math.max(0, highest) / (grid.qmax - grid.qmin - 1));
  return { scale, zeroPoint: grid.qmin + 1 };
}

export const quantizeOne = (x: number, { scale, zeroPoint }: Affine, grid: Grid): number =>
  clamp(roundHalfEven(Math.fround(x / scale)) + zeroPoint, grid.qmin, grid.qmax);
