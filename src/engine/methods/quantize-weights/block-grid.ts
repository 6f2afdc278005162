import { clamp, roundHalfEven, safeScale } from '../shared/affine.ts';

/**
 * Blockwise round-to-nearest on a grid of `bits` bits: consecutive weights along the reduction axis share a scale (and a zero point),
 *
 *   code = clamp(round(w / scale) + zeroPoint, 0, 2^bits − 1)        w ≈ scale · (code − zeroPoint)
 *
 * asymmetric: the grid spans the block's [min, max] widened to contain 0. symmetric: zeroPoint = 2^(bits−1), and the scale, signed, is
 * the weight of largest magnitude ÷ −2^(bits−1), so that this weight is hit exactly and no code is wasted even
 * at 2 bits (as llama.cpp's Q4_0 and ONNX Runtime's blockwise quantizer do).
 */
export interface BlockGrid {
  readonly bits: number;
  readonly blockSize: number;
  readonly symmetric: boolean;
}

/** A weight seen as lanes (outputs) of `length` weights that are summed: element k of lane l lies at l·laneStride + k·stride. */
export interface LaneView {
  readonly lanes: number;
  readonly length: number;
  readonly laneStride: number;
  readonly stride: number;
}

export interface BlockCodes {
  /** One code a byte, in the order of the weight's own data. */
  readonly codes: Uint8Array;
  /** [lanes, blocks], row-major. */
  readonly scales: Float32Array;
  readonly zeroPoints: Uint8Array;
}

export const blockCount = (view: LaneView, blockSize: number): number =>
  Math.ceil(view.length / blockSize);

/** Values must be finite. */
export function quantizeBlocks(values: Float32Array, view: LaneView, grid: BlockGrid): BlockCodes {
  const blocks = blockCount(view, grid.blockSize);
  const codes = new Uint8Array(values.length);
  const scales = new Float32Array(view.lanes * blocks);
  const zeroPoints = new Uint8Array(view.lanes * blocks);
  const top = 2 ** grid.bits - 1;
  for (let lane = 0; lane < view.lanes; lane++) {
    for (let block = 0; block < blocks; block++) {
      const first = lane * view.laneStride + block * grid.blockSize * view.stride;
      const count = Math.min(grid.blockSize, view.length - block * grid.blockSize);
      const { scale, zeroPoint } = blockAffine(values, first, count, view.stride, grid);
      const at = lane * blocks + block;
      scales[at] = scale;
      zeroPoints[at] = zeroPoint;
      for (let i = 0, index = first; i < count; i++, index += view.stride) {
        const steps = roundHalfEven(Math.fround((values[index] as number) / scale));
        codes[index] = clamp(steps + zeroPoint, 0, top);
      }
    }
  }
  return { codes, scales, zeroPoints };
}

function blockAffine(
  values: Float32Array,
  first: number,
  count: number,
  stride: number,
  grid: BlockGrid,
): { scale: number; zeroPoint: number } {
  let low = 0;
  let high = 0;
  for (let i = 0, index = first; i < count; i++, index += stride) {
    const value = values[index] as number;
    if (value < low) low = value;
    else if (value > high) high = value;
  }
  if (grid.symmetric) {
    const half = 2 ** (grid.bits - 1);
    const scale = safeScale(Math.max(-low, high) / half);
    return { scale: -low >= high ? scale : -scale, zeroPoint: half };
  }
  const top = 2 ** grid.bits - 1;
  const scale = safeScale((high - low) / top);
  return { scale, zeroPoint: clamp(roundHalfEven(-low / scale), 0, top) };
}
