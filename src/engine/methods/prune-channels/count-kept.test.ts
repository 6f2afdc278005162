import { expect, test } from 'vitest';
import { tensorElements } from '../../analysis/index.ts';
import { elementCount, float32Tensor } from '../../tensor/index.ts';
import { blankTensor } from '../shared/blank-tensor.ts';
import { sliceTensor } from '../shared/slice-tensor.ts';
import { countKept, type AxisSlice } from './count-kept.ts';

const at = (axis: number, ...places: number[]): AxisSlice => ({
  axis,
  places: Uint32Array.from(places),
});

test.each([
  [[4, 3, 2, 2], [at(0, 0, 3)]],
  [
    [4, 3, 2, 2],
    [at(1, 2), at(0, 1, 2, 3)],
  ],
  [[6, 5], [at(1, 0, 4)]],
  [[6], [at(0, 5, 1)]],
  [[1, 1, 6], [at(2, 0, 2)]],
])('counts what slicing %j would leave', (dims, slices) => {
  for (const every of [2, 3, 1000]) {
    const tensor = float32Tensor(
      dims,
      Float32Array.from({ length: elementCount(dims) }, (_, i) => (i % every === 1 ? 0 : i + 1)),
    );
    const sliced = slices.reduce(
      (current, { axis, places }) => sliceTensor(current, axis, places),
      tensor,
    );
    const left = Array.from(tensorElements(sliced) ?? []).filter((value) => value !== 0).length;
    expect(countKept(tensor, slices)).toBe(left);
    expect(countKept(tensor, slices)).toBe(left);
  }
});

test('does not know what is left of a preview', () => {
  expect(countKept(blankTensor('float32', [4]), [at(0, 1)])).toBeUndefined();
});
