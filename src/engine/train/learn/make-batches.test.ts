import { describe, expect, it } from 'vitest';
import { createRng } from '../../core/index.ts';
import type { RuntimeTensor } from '../../runtime/index.ts';
import type { LearningData } from '../learning.ts';
import { labelShareInput } from '../losses/loss-inputs.ts';
import { noAugmentation } from '../testing/learning-task.ts';
import { floatsOf, floatTensor } from './float-tensors.ts';
import { batchMaker } from './make-batches.ts';

const integers = (values: readonly number[]): RuntimeTensor => ({
  dtype: 'int64',
  dims: [values.length],
  data: new Uint8Array(BigInt64Array.from(values, BigInt).buffer),
});

/** Sample i is [i, 10 i], with its number beside it; no images. */
const numbers: LearningData = {
  name: 'numbers',
  count: 8,
  labels: undefined,
  image: undefined,
  batch: (indices) =>
    Promise.resolve({
      inputs: {
        x: floatTensor([indices.length, 2], Float32Array.from(indices.flatMap((i) => [i, 10 * i]))),
        id: integers(indices),
      },
      labels: integers(indices.map(() => 0)),
    }),
};

const partners = Uint32Array.from([4, 5, 6, 7]);
const maker = (data: LearningData = numbers) =>
  batchMaker({
    data,
    augmentation: { ...noAugmentation, mixup: 1 },
    partners,
    rng: createRng(5),
  });

describe('mixing samples that are no images', () => {
  it('gives every row the share it says, and leaves whole numbers as they are', async () => {
    const indices = [0, 1, 2, 3];
    const { inputs, labels } = await maker()(indices, 0);
    const shares = floatsOf(labels[labelShareInput]!);
    const rows = floatsOf(inputs['x']!);
    indices.forEach((own, row) => {
      const share = shares[row]!;
      const other = (rows[2 * row]! - share * own) / (1 - share);
      expect(partners).toContain(Math.round(other));
      expect(other).toBeCloseTo(Math.round(other), 3);
      expect(rows[2 * row + 1]!).toBeCloseTo(10 * rows[2 * row]!, 4);
    });
    expect(inputs['id']).toEqual(integers(indices));
    expect(new Set(shares).size).toBe(4);
  });

  it('is the same for a sample and view in any batch, and another in another view', async () => {
    const make = maker();
    const xOf = async (indices: number[], view: number | undefined): Promise<number[]> =>
      Array.from(floatsOf((await make(indices, view)).inputs['x']!));
    expect((await xOf([3, 1], 2)).slice(2)).toEqual(await xOf([1], 2));
    expect(await xOf([1], 3)).not.toEqual(await xOf([1], 2));
    expect(await xOf([1], undefined)).toEqual([1, 10]);
  });

  it('refuses samples that hold no numbers to mix', async () => {
    const whole: LearningData = {
      ...numbers,
      batch: (indices) =>
        Promise.resolve({
          inputs: { id: integers(indices) },
          labels: integers(indices.map(() => 0)),
        }),
    };
    await expect(maker(whole)([0, 1], 0)).rejects.toMatchObject({ code: 'argument/invalid' });
  });
});
