import { describe, expect, it } from 'vitest';
import { plainChain } from '../../testing/tiny-models.ts';
import { contextOf } from '../../testing/method-context.ts';
import type { ApplyContext, Learning } from '../../method.ts';
import type { Runtime } from '../../../runtime/index.ts';
import type { LearningData } from '../../../train/index.ts';
import { requireClassroom } from './learning-set.ts';

const model = plainChain();
const halves = new Uint8Array(Uint16Array.of(0x3c00, 0xc000).buffer);

const data: LearningData = {
  name: 'set',
  count: 10,
  labels: Int32Array.from({ length: 10 }, (_, i) => i),
  image: undefined,
  batch: (indices) =>
    Promise.resolve({
      inputs: { x: { dtype: 'float16', dims: [2], data: halves } },
      labels: {
        dtype: 'int64',
        dims: [indices.length],
        data: new Uint8Array(8 * indices.length),
      },
    }),
};

const context = (given: LearningData | undefined): ApplyContext => ({
  ...contextOf(model, { runtime: {} as Runtime }),
  learning: {
    original: model,
    data: given,
    host: {} as Learning['host'],
    key: '',
    calibration: () => undefined,
    rounded: undefined,
  },
});

describe('requireClassroom', () => {
  it('takes the first samples of the order, and widens halves', async () => {
    const { data: few } = requireClassroom('distill', context(data), 4);
    expect([few.count, Array.from(few.labels ?? [])]).toEqual([4, [0, 1, 2, 3]]);
    const { x } = (await few.batch([0])).inputs;
    expect(x?.dtype).toBe('float32');
    expect(new Float32Array(Uint8Array.from(x?.data as Uint8Array).buffer)).toEqual(
      Float32Array.of(1, -2),
    );
    expect(requireClassroom('distill', context(data), 100).data.count).toBe(10);
  });

  it.each<[string, ApplyContext, string]>([
    ['a host', contextOf(model), 'nothing can be trained here'],
    ['data', context(undefined), 'there is no data'],
    ['samples', context({ ...data, count: 0 }), 'all of them measure'],
  ])('refuses without %s', (_, given, words) => {
    expect(() => requireClassroom('distill', given, 4)).toThrow(words);
  });
});
