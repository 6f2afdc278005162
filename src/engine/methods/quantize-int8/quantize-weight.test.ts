import { describe, expect, test } from 'vitest';
import { createRng } from '../../core/index.ts';
import { tensorBytes, typedView, type Tensor } from '../../tensor/index.ts';
import {
  blankWeight,
  quantizeWeight,
  type QuantizedWeight,
  type WeightGrid,
} from './quantize-weight.ts';

const numbers = (tensor: Tensor): number[] => Array.from(typedView(tensor) as ArrayLike<number>);

/** x = scale · (q − zeroPoint), channel by channel: ONNX DequantizeLinear written out. */
function dequantize(
  { values, scale, zeroPoint }: QuantizedWeight,
  axis: number | undefined,
): number[] {
  const inner =
    axis === undefined ? Infinity : values.dims.slice(axis + 1).reduce((a, b) => a * b, 1);
  const channels = axis === undefined ? 1 : (values.dims[axis] as number);
  const [s, z] = [numbers(scale), numbers(zeroPoint)];
  return numbers(values).map((q, i) => {
    const channel = axis === undefined ? 0 : Math.floor(i / inner) % channels;
    return (s[channel] as number) * (q - (z[channel] as number));
  });
}

const dims = [6, 5, 3];
const rng = createRng(4);
const weights = Float32Array.from({ length: 90 }, (_, i) => rng.normal() * 2 ** ((i % 7) - 3));

const grids: WeightGrid[] = [undefined, 0, 1, 2].flatMap((axis) => [
  { dtype: 'int8', symmetric: true, axis },
  { dtype: 'uint8', symmetric: false, axis },
  { dtype: 'uint8', symmetric: true, axis },
]);

describe.each(grids)('%o', (grid) => {
  const quantized = quantizeWeight(weights, dims, grid);

  test('no weight is off by more than half a step of its channel', () => {
    const back = dequantize(quantized, grid.axis);
    const scale = numbers(quantized.scale);
    const inner =
      grid.axis === undefined ? 90 : dims.slice(grid.axis + 1).reduce((a, b) => a * b, 1);
    back.forEach((value, i) => {
      const step = scale[Math.floor(i / inner) % scale.length] as number;
      // An asymmetric zero point is rounded itself, which shifts the ends of the range by up to half a step more.
      const allowed = (grid.symmetric ? 0.5 : 1) * step * 1.0001;
      expect(Math.abs(value - (weights[i] as number))).toBeLessThanOrEqual(allowed);
    });
  });

  test('the largest weight lies on the last step of a symmetric grid', () => {
    if (!grid.symmetric) return expect(numbers(quantized.values)).toContain(255);
    const zero = grid.dtype === 'int8' ? 0 : 128;
    expect(Math.max(...numbers(quantized.values).map((q) => Math.abs(q - zero)))).toBe(127);
  });

  test('the blank one has the same types, dims and bytes', () => {
    const blank = blankWeight(dims, grid);
    for (const key of ['values', 'scale', 'zeroPoint'] as const) {
      expect(blank[key].dtype).toBe(quantized[key].dtype);
      expect(blank[key].dims).toEqual(quantized[key].dims);
      expect(tensorBytes(blank[key]).length).toBe(tensorBytes(quantized[key]).length);
    }
  });
});

test('a channel of zeros gets scale 1 and stays zero', () => {
  const quantized = quantizeWeight(Float32Array.of(0, 0, 1, -2), [2, 2], {
    dtype: 'int8',
    symmetric: true,
    axis: 0,
  });
  expect(numbers(quantized.scale)).toEqual([1, Math.fround(2 / 127)]);
  expect(numbers(quantized.values)).toEqual([0, 0, 64, -127]);
});

test.each([
  { dtype: 'int8', symmetric: true, axis: 0 },
  { dtype: 'uint8', symmetric: false, axis: 0 },
] as const)('the scale does not fall below a floor: %o', (grid) => {
  const floor = Float64Array.of(0.5, 0);
  const quantized = quantizeWeight(Float32Array.of(0.9, -0.2, 1, -2), [2, 2], grid, floor);
  expect(numbers(quantized.scale)[0]).toBeGreaterThanOrEqual(0.5);
  expect(numbers(quantized.scale)[1]).toBeLessThan(0.02);
  const back = dequantize(quantized, 0);
  expect(Math.abs((back[0] as number) - 0.9)).toBeLessThanOrEqual(0.5);
});
