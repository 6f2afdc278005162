import { makeTensor, type Tensor } from '../../tensor/index.ts';
import { blankTensor } from '../shared/blank-tensor.ts';
import {
  asymmetricAffine,
  clamp,
  int8Grid,
  roundHalfEven,
  safeScale,
  symmetricAffine,
  uint8Grid,
  type Affine,
} from '../shared/affine.ts';

/** How a weight is put on an 8-bit grid. `axis` undefined: one scale for all of it. */
export interface WeightGrid {
  readonly dtype: 'int8' | 'uint8';
  readonly symmetric: boolean;
  readonly axis: number | undefined;
}

/** `values` in the dims of the weight; `scale` and `zeroPoint` of dims [channels], or [] for one scale. */
export interface QuantizedWeight {
  readonly values: Tensor;
  readonly scale: Tensor;
  readonly zeroPoint: Tensor;
}

/**
 * Rounds a float32 weight to 8 bits, per channel along `axis` or as a whole. `floor[channel]` is a scale the channel's may not fall below, so
 * that a large bias still fits the int32 grid scale(x)·scale(w). Values must be finite.
 */
export function quantizeWeight(
  values: Float32Array,
  dims: readonly number[],
  grid: WeightGrid,
  floor?: Float64Array,
): QuantizedWeight {
  const { outer, channels, inner } = extents(dims, grid.axis);
  const target = grid.dtype === 'int8' ? int8Grid : uint8Grid;
  const q = new Int16Array(1);
  const bytes = new Uint8Array(values.length);
  const scale = new Float32Array(channels);
  const zeroPoint = new Uint8Array(channels);
  for (let channel = 0; channel < channels; channel++) {
    const affine = channelAffine(
      values,
      { outer, channels, inner, channel },
      grid,
      floor?.[channel] ?? 0,
    );
    scale[channel] = affine.scale;
    zeroPoint[channel] = affine.zeroPoint;
    const low = grid.symmetric ? affine.zeroPoint - 127 : target.qmin;
    for (let o = 0; o < outer; o++) {
      const start = (o * channels + channel) * inner;
      for (let i = start; i < start + inner; i++) {
        q[0] = clamp(
          roundHalfEven(Math.fround((values[i] as number) / affine.scale)) + affine.zeroPoint,
          low,
          target.qmax,
        );
        bytes[i] = q[0];
      }
    }
  }
  const perChannel = grid.axis === undefined ? [] : [channels];
  return {
    values: makeTensor(grid.dtype, dims, bytes),
    scale: makeTensor('float32', perChannel, new Uint8Array(scale.buffer)),
    zeroPoint: makeTensor(grid.dtype, perChannel, zeroPoint),
  };
}

/** The same without the numbers. */
export function blankWeight(dims: readonly number[], grid: WeightGrid): QuantizedWeight {
  const perChannel = grid.axis === undefined ? [] : [dims[grid.axis] ?? 1];
  return {
    values: blankTensor(grid.dtype, dims),
    scale: blankTensor('float32', perChannel),
    zeroPoint: blankTensor(grid.dtype, perChannel),
  };
}

interface Extents {
  readonly outer: number;
  readonly channels: number;
  readonly inner: number;
}

function extents(dims: readonly number[], axis: number | undefined): Extents {
  const size = (part: readonly number[]): number => part.reduce((product, dim) => product * dim, 1);
  if (axis === undefined) return { outer: 1, channels: 1, inner: size(dims) };
  return {
    outer: size(dims.slice(0, axis)),
    channels: dims[axis] ?? 1,
    inner: size(dims.slice(axis + 1)),
  };
}

function channelAffine(
  values: Float32Array,
  { outer, channels, inner, channel }: Extents & { readonly channel: number },
  grid: WeightGrid,
  floor: number,
): Affine {
  let low = 0;
  let high = 0;
  for (let o = 0; o < outer; o++) {
    const start = (o * channels + channel) * inner;
    for (let i = start; i < start + inner; i++) {
      const value = values[i] as number;
      if (value < low) low = value;
      else if (value > high) high = value;
    }
  }
  const target = grid.dtype === 'int8' ? int8Grid : uint8Grid;
  // A wider range, not another scale, so that the zero point stays consistent with it.
  const widened = Math.max(0, floor);
  if (grid.symmetric) {
    const affine = symmetricAffine(Math.max(-low, high), target);
    return affine.scale < widened || (low === high && widened > 0)
      ? { ...affine, scale: safeScale(widened) }
      : affine;
  }
  const span = high - low;
  const wanted = widened * (target.qmax - target.qmin);
  return asymmetricAffine(low, wanted > span ? low + wanted : high, target);
}
