import { describe, expect, it } from 'vitest';
import { plainChain, tinyModel } from '../methods/testing/tiny-models.ts';
import { pixelsDataset, type Dataset } from '../data/index.ts';
import type { RuntimeTensor } from '../runtime/index.ts';
import { learningData } from './learning-data.ts';
import { bindCounting, countingData } from './testing/run-tiny.ts';
import type { BoundData } from './inputs.ts';

const floats = (tensor: RuntimeTensor | undefined): Float32Array =>
  new Float32Array(Uint8Array.from(tensor?.data as Uint8Array).buffer);
const integers = (tensor: RuntimeTensor): number[] =>
  Array.from(new BigInt64Array(Uint8Array.from(tensor.data as Uint8Array).buffer), Number);

/** 3 samples calibrate, then 2 train, the others measure. */
function split(data: BoundData): BoundData {
  const [measure, train] = [data.split.measure.slice(2), data.split.measure.slice(0, 2)];
  return { ...data, split: { ...data.split, measure, train } };
}

describe('learningData', () => {
  it('gives every sample that does not measure, each read once, with the labels the model counts by', async () => {
    const labels = Int32Array.from({ length: 9 }, (_, i) => i % 3);
    const dataset = countingData(9, labels);
    const bound = split(bindCounting(dataset, 3));
    const offset = { ...bound, preprocess: { ...bound.preprocess, classOffset: 1 } };
    const data = await learningData(plainChain(), offset, {});
    expect(data.count).toBe(5);
    expect(Array.from(data.labels ?? [])).toEqual([1, 2, 3, 1, 2]);
    dataset.asked.length = 0;
    const batch = await data.batch([4, 0, 4]);
    await data.batch([0, 4]);
    expect(dataset.asked).toEqual([4, 0]);
    const { x } = batch.inputs;
    expect(x?.dims).toEqual([3, 3, 8, 8]);
    expect([0, 192, 384].map((at) => floats(x)[at])).toEqual([4, 0, 4]);
    expect(integers(batch.labels)).toEqual([2, 1, 2]);
  });

  it('makes up the other inputs, as many rows as the batch has', async () => {
    const model = tinyModel((b) => {
      const image = b.input(['N', 3, 8, 8], 'image');
      b.output(b.op('Add', [image, b.input(['N', 1, 1, 1], 'shift')]));
    });
    const data = await learningData(model, bindCounting(countingData(9), 3), {});
    const { inputs } = await data.batch([0, 1]);
    expect(inputs['image']?.dims).toEqual([2, 3, 8, 8]);
    expect(inputs['shift']?.dims).toEqual([2, 1, 1, 1]);
  });

  it('knows images and what black is after preprocessing; arrays are none', async () => {
    const pixels: Dataset = pixelsDataset({
      name: 'pixels',
      classes: undefined,
      dims: [8, 8, 3],
      images: new Uint8Array(6 * 192),
      labels: undefined,
    });
    const bound = bindCounting(pixels, 3);
    const preprocess = { ...bound.preprocess, mean: [0.5, 0.25, 0], std: [0.5, 0.5, 2] };
    const data = await learningData(plainChain(), { ...bound, preprocess }, {});
    expect(data.labels).toBeUndefined();
    expect(data.image).toEqual({
      input: 'x',
      layout: 'NCHW',
      height: 8,
      width: 8,
      channels: 3,
      black: [-1, -0.5, 0],
    });
    expect(floats((await data.batch([0])).inputs['x'])[0]).toBe(-1);
    const arrays = await learningData(plainChain(), bindCounting(countingData(9), 3), {});
    expect(arrays.image).toBeUndefined();
  });
});
