import { describe, expect, it } from 'vitest';
import type { DType } from '../tensor/index.ts';
import type { GuessRequest, ModelHints } from './guess-preprocess.ts';
import { guessPreprocess } from './guess-preprocess.ts';

const guess = (
  dims: readonly (number | string)[],
  hints: ModelHints = {},
  dataset?: GuessRequest['dataset'],
  dtype: DType = 'float32',
) => guessPreprocess({ input: { name: 'x', dtype, dims }, hints, ...(dataset ? { dataset } : {}) });
const folder = { kind: 'images', sampleDims: undefined } as const;
const imageNet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

/** Models as they come, and the preprocessing their makers state. */
describe('guessPreprocess', () => {
  it('PyTorch on CIFAR arrays', () => {
    expect(
      guess(['N', 3, 32, 32], { producer: 'pytorch' }, { kind: 'images', sampleDims: [32, 32, 3] })
        .preprocess,
    ).toEqual({
      layout: 'NCHW',
      size: [32, 32],
      resize: 'none',
      channels: 'RGB',
      range: [0, 1],
      ...imageNet,
      classOffset: 0,
    });
  });

  it('PyTorch on a folder of photographs', () => {
    expect(guess([1, 3, 224, 224], { producer: 'pytorch' }, folder).preprocess).toMatchObject({
      size: [224, 224],
      resize: 'crop',
      ...imageNet,
    });
  });

  it('MobileNet from TensorFlow, channels first, with a class for the background', () => {
    const hints = { producer: 'tf2onnx', graphName: 'tf2onnx', outputClasses: 1001 };
    expect(guess(['N', 3, 128, 128], hints, folder).preprocess).toMatchObject({
      layout: 'NCHW',
      size: [128, 128],
      range: [-1, 1],
      mean: [0],
      std: [1],
      classOffset: 1,
    });
  });

  it('Darknet', () => {
    expect(
      guess(
        ['N', 3, 224, 224],
        { producer: 'layers2onnx(zoo)', graphName: 'darknet_tiny.onnx' },
        folder,
      ).preprocess,
    ).toMatchObject({ range: [0, 1], mean: [0], std: [1] });
  });

  it('SqueezeNet from Caffe in float16', () => {
    expect(
      guess([1, 3, 224, 224], { producer: 'onnx-caffe2' }, folder, 'float16').preprocess,
    ).toMatchObject({ channels: 'BGR', range: [0, 255], mean: [104, 117, 123], std: [1] });
  });

  it('grey digits, channels first or last', () => {
    const digits = { kind: 'images', sampleDims: [28, 28, 1] } as const;
    expect(guess(['N', 1, 28, 28], {}, digits).preprocess).toMatchObject({
      layout: 'NCHW',
      channels: 'GRAY',
      resize: 'none',
      range: [0, 1],
      mean: [0],
      std: [1],
    });
    expect(guess(['N', 64, 64, 1], { producer: 'tf2onnx' }, digits).preprocess).toMatchObject({
      layout: 'NHWC',
      channels: 'GRAY',
      size: [64, 64],
      resize: 'stretch',
      range: [0, 1],
    });
    expect(guess(['N', 784], {}, digits).preprocess).toMatchObject({
      size: [28, 28],
      channels: 'GRAY',
      resize: 'none',
    });
  });

  it('numbers are given as they are', () => {
    const { preprocess, reasons } = guess(
      ['N', 49, 10, 1],
      { producer: 'tf2onnx' },
      { kind: 'arrays', sampleDims: [49, 10, 1] },
    );
    expect(preprocess.classOffset).toBe(0);
    expect(reasons[0]).toContain('as it is');
    const quantized = guess(
      ['N', 49, 10, 1],
      { inputQuantization: { scale: 0.5847, zeroPoint: 83 } },
      { kind: 'arrays', sampleDims: [49, 10, 1] },
      'int8',
    );
    expect(quantized.preprocess.quantization).toEqual({ scale: 0.5847, zeroPoint: 83 });
  });

  it('sizes that the model leaves open come from the images, else are 224', () => {
    expect(
      guess(['N', 3, 'H', 'W'], {}, { kind: 'images', sampleDims: [48, 192, 3] }).preprocess,
    ).toMatchObject({ size: [48, 192], resize: 'none' });
    expect(guess(['N', 3, 'H', 'W'], {}, folder).preprocess.size).toEqual([224, 224]);
  });

  it('integer inputs, and models that scale for themselves', () => {
    expect(guess([1, 224, 224, 3], {}, folder, 'uint8').preprocess).toMatchObject({
      range: [0, 255],
      mean: [0],
      std: [1],
    });
    expect(guess([1, 224, 224, 3], {}, folder, 'int8').preprocess.range).toEqual([-128, 127]);
    expect(guess([1, 3, 224, 224], { firstOps: ['Sub'] }, folder).preprocess).toMatchObject({
      range: [0, 255],
      mean: [0],
    });
  });

  it('gives a ground for every part', () => {
    const { reasons } = guess(['N', 3, 224, 224], { producer: 'pytorch' }, folder);
    expect(reasons).toHaveLength(6);
    for (const reason of reasons) expect(reason).toMatch(/^[A-Z].*\.$/);
  });
});
