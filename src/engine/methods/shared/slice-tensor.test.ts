import { expect, test } from 'vitest';
import { float32Tensor, makeTensor, tensorBytes, type Tensor } from '../../tensor/index.ts';
import { sliceTensor } from './slice-tensor.ts';

/** numpy.take by indices: element (o, a, i) of the result is element (o, keep[a], i) of the source. */
function take(
  values: readonly number[],
  dims: readonly number[],
  axis: number,
  keep: readonly number[],
): number[] {
  const taken: number[] = [];
  const visit = (level: number, flat: number): void => {
    if (level === dims.length) return void taken.push(values[flat] as number);
    const dim = dims[level] as number;
    const places = level === axis ? keep : Array.from({ length: dim }, (_, i) => i);
    for (const place of places) visit(level + 1, flat * dim + place);
  };
  visit(0, 0);
  return taken;
}

const dims = [3, 4, 2, 5];
const values = Array.from({ length: 120 }, (_, i) => i);

test.each([
  [0, [2, 0]],
  [1, [1, 3]],
  [2, [1]],
  [3, [0, 4, 4, 2]],
])('takes slices along axis %i', (axis, keep) => {
  const sliced = sliceTensor(float32Tensor(dims, values), axis, Uint32Array.from(keep));
  expect(sliced.dims).toEqual(dims.map((dim, i) => (i === axis ? keep.length : dim)));
  const bytes = new Uint8Array(tensorBytes(sliced));
  expect(Array.from(new Float32Array(bytes.buffer))).toEqual(take(values, dims, axis, keep));
});

test('slices elements of two bytes at an odd address, and refuses packed ones', () => {
  const shifted = new Uint8Array(9);
  shifted.set([1, 2, 3, 4, 5, 6, 7, 8], 1);
  const half: Tensor = makeTensor('float16', [4], shifted.subarray(1));
  expect(Array.from(tensorBytes(sliceTensor(half, 0, Uint32Array.of(3, 1))))).toEqual([7, 8, 3, 4]);
  expect(() =>
    sliceTensor(makeTensor('int4', [4], new Uint8Array(2)), 0, Uint32Array.of(0)),
  ).toThrow(TypeError);
});
