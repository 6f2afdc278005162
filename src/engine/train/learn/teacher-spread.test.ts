import { describe, expect, it } from 'vitest';
import { toFloat32 } from '../../tensor/index.ts';
import { floatTensor } from './float-tensors.ts';
import { TeacherSpread } from './teacher-spread.ts';

const spreadOf = (dims: readonly number[], ...batches: (readonly number[])[]): TeacherSpread => {
  const spread = new TeacherSpread();
  const size = dims.reduce((product, length) => product * length, 1);
  for (const values of batches)
    spread.add(floatTensor([values.length / size, ...dims], Float32Array.from(values)));
  return spread;
};
const columnsOf = (spread: TeacherSpread): { dims: readonly number[]; values: number[] } => {
  const tensor = spread.columns();
  return { dims: tensor.dims, values: Array.from(toFloat32(tensor)) };
};

describe('how much a teacher says', () => {
  it('is the variance over samples per column: what a place always has counts for nothing', () => {
    // Three anchors at 0, 100, 200; two columns, the second ten times as lively.
    const row = (a: number, b: number): number[] => [0, 1, 2].flatMap((at) => [100 * at + a, b]);
    const both = { dims: [2], values: [1, 100] };
    expect(columnsOf(spreadOf([3, 2], [...row(1, -10), ...row(-1, 10)]))).toEqual(both);
    expect(columnsOf(spreadOf([3, 2], row(1, -10), row(-1, 10)))).toEqual(both);
  });

  it('finds columns in front of the places as well', () => {
    const spread = spreadOf([2, 1, 3], [1, 1, 1, -2, -2, -2, -1, -1, -1, 2, 2, 2]);
    expect(columnsOf(spread)).toEqual({ dims: [2, 1, 1], values: [1, 4] });
  });

  it('never lets a column that says next to nothing weigh most', () => {
    const { values } = columnsOf(spreadOf([3, 2], [1, 0, 1, 0, 1, 0, -1, 0, -1, 0, -1, 0]));
    expect(values[0]).toBe(1);
    expect(values[1]).toBeCloseTo(0.005, 6);
  });

  it('is one number for a row, for one sample, and for answers of different sizes', () => {
    expect(columnsOf(spreadOf([2], [1, 5, -1, 9]))).toEqual({ dims: [], values: [2.5] });
    expect(columnsOf(spreadOf([2, 2], [1, 1, -1, -1]))).toEqual({ dims: [], values: [1] });
    const uneven = spreadOf([2, 2], [1, 1, -1, -1]);
    uneven.add(floatTensor([1, 1, 2], Float32Array.of(1, -1)));
    expect(columnsOf(uneven)).toEqual({ dims: [], values: [1] });
    expect(uneven.variance).toBeCloseTo(1, 6);
    expect(columnsOf(spreadOf([2, 2], [3, 3, 3, 3]))).toEqual({ dims: [], values: [1] });
  });
});
