import { describe, expect, it } from 'vitest';
import { float16ToNumber, type DType } from '../tensor/index.ts';
import { applyPreprocess } from './apply-preprocess.ts';
import { batches } from './batches.ts';
import type { InputSpec, Preprocess, RawSample } from './dataset.ts';
import { pixelsDataset } from './pixels-dataset.ts';
import { validatePreprocess } from './validate-preprocess.ts';

const preprocess: Preprocess = {
  layout: 'NCHW',
  size: [2, 2],
  resize: 'none',
  channels: 'RGB',
  range: [0, 1],
  mean: [0.5, 0.25, 0],
  std: [0.5, 0.25, 2],
  classOffset: 0,
};
const input = (dims: readonly (number | string)[], dtype: DType = 'float32'): InputSpec => ({
  name: 'x',
  dtype,
  dims,
});
const pixels: Extract<RawSample, { kind: 'pixels' }> = {
  kind: 'pixels',
  width: 2,
  height: 2,
  channels: 3,
  data: Uint8Array.of(0, 51, 255, 255, 102, 0, 128, 255, 51, 51, 0, 102),
};
const array = (dims: readonly number[], values: readonly number[]): RawSample => ({
  kind: 'array',
  dims,
  data: Float32Array.from(values),
});
const floats = (tensor: { data: Uint8Array | readonly string[] }): number[] => [
  ...new Float32Array((tensor.data as Uint8Array).slice().buffer),
];
const mismatch = (words: string): object =>
  expect.objectContaining({
    code: 'data/mismatch',
    message: expect.stringContaining(words) as string,
  }) as object;

describe('applyPreprocess on pixels', () => {
  it('maps bytes to the range, then mean and std per channel, NCHW', () => {
    const tensor = applyPreprocess([pixels], preprocess, input(['N', 3, 2, 2]));
    expect(tensor.dims).toEqual([1, 3, 2, 2]);
    const by = (channel: 0 | 1 | 2, byte: number): number =>
      (byte / 255 - [0.5, 0.25, 0][channel]!) / [0.5, 0.25, 2][channel]!;
    const expected = [
      by(0, 0),
      by(0, 255),
      by(0, 128),
      by(0, 51),
      by(1, 51),
      by(1, 102),
      by(1, 255),
      by(1, 0),
      by(2, 255),
      by(2, 0),
      by(2, 51),
      by(2, 102),
    ];
    floats(tensor).forEach((value, i) => expect(value).toBeCloseTo(expected[i] as number, 6));
  });

  it('lays out NHWC, exchanges red and blue, and makes grey as PIL does', () => {
    const plain: Preprocess = { ...preprocess, range: [0, 255], mean: [0], std: [1] };
    const nhwc = applyPreprocess([pixels], { ...plain, layout: 'NHWC' }, input(['N', 2, 2, 3]));
    expect(floats(nhwc)).toEqual([0, 51, 255, 255, 102, 0, 128, 255, 51, 51, 0, 102]);
    const bgr = applyPreprocess(
      [pixels],
      { ...plain, layout: 'NHWC', channels: 'BGR' },
      input(['N', 2, 2, 3]),
    );
    expect(floats(bgr).slice(0, 3)).toEqual([255, 51, 0]);
    const grey = applyPreprocess([pixels], { ...plain, channels: 'GRAY' }, input(['N', 1, 2, 2]));
    expect(floats(grey)[0]).toBeCloseTo(0.587 * 51 + 0.114 * 255, 4);
    const spread = applyPreprocess(
      [{ ...pixels, channels: 1, data: Uint8Array.of(1, 2, 3, 4) }],
      plain,
      input(['N', 3, 2, 2]),
    );
    expect(floats(spread)).toEqual([1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4]);
  });

  it('scales to −1..1 exactly at the ends', () => {
    const white: RawSample = { ...pixels, data: new Uint8Array(12).fill(255) };
    expect(
      floats(
        applyPreprocess(
          [white],
          { ...preprocess, range: [-1, 1], mean: [0], std: [1] },
          input(['N', 3, 2, 2]),
        ),
      )[0],
    ).toBe(1);
  });

  it('writes float16, bytes and signed bytes', () => {
    const plain: Preprocess = {
      ...preprocess,
      layout: 'NHWC',
      range: [0, 255],
      mean: [0],
      std: [1],
    };
    const half = applyPreprocess(
      [pixels],
      { ...plain, range: [0, 1] },
      input(['N', 2, 2, 3], 'float16'),
    );
    const halves = new Uint16Array((half.data as Uint8Array).slice().buffer);
    expect(float16ToNumber(halves[1] as number)).toBeCloseTo(0.2, 3);
    expect([
      ...(applyPreprocess([pixels], plain, input(['N', 2, 2, 3], 'uint8')).data as Uint8Array),
    ]).toEqual([...pixels.data]);
    const signed = applyPreprocess(
      [pixels],
      { ...plain, range: [-128, 127] },
      input(['N', 2, 2, 3], 'int8'),
    );
    expect([...new Int8Array((signed.data as Uint8Array).slice().buffer)].slice(0, 3)).toEqual([
      -128, -77, 127,
    ]);
    const quantized = applyPreprocess(
      [pixels],
      { ...plain, range: [0, 1], quantization: { scale: 1 / 128, zeroPoint: -100 } },
      input(['N', 2, 2, 3], 'int8'),
    );
    // round(0.2 × 128) − 100, and 1 × 128 − 100 = 28.
    expect([...new Int8Array((quantized.data as Uint8Array).slice().buffer)].slice(0, 3)).toEqual([
      -100, -74, 28,
    ]);
  });

  it('flattens for an MLP and refuses what does not fit', () => {
    const flat = applyPreprocess(
      [pixels, pixels],
      { ...preprocess, channels: 'GRAY', mean: [0], std: [1] },
      input(['N', 4]),
    );
    expect(flat.dims).toEqual([2, 4]);
    expect(() => applyPreprocess([pixels], preprocess, input(['N', 3, 32, 32]))).toThrow(
      mismatch('3×2×2 (CHW) do not fit [N, 3, 32, 32]'),
    );
    expect(() =>
      applyPreprocess([pixels], { ...preprocess, size: [4, 4] }, input(['N', 3, 4, 4])),
    ).toThrow(mismatch('Choose "crop" or "stretch"'));
    expect(() =>
      applyPreprocess([{ kind: 'text', text: 'a' }], preprocess, input(['N', 3, 2, 2])),
    ).toThrow(mismatch('the data is text'));
  });

  it('crops the centre of a wide image as torchvision does', () => {
    // 16×8, each column its own number; short side 8 → 16 ÷ 0.875 = 18 high, 36 wide; crop 16×16 at x = 10, y = 1.
    const wide: RawSample = {
      kind: 'pixels',
      width: 16,
      height: 8,
      channels: 1,
      data: Uint8Array.from({ length: 128 }, (_, i) => (i % 16) * 10),
    };
    const tensor = applyPreprocess(
      [wide],
      {
        ...preprocess,
        channels: 'GRAY',
        range: [0, 255],
        mean: [0],
        std: [1],
        resize: 'crop',
        size: [16, 16],
      },
      input(['N', 1, 16, 16]),
    );
    const values = floats(tensor);
    // Output column c lies at (c + 10.5) · 16 ÷ 36 − 0.5 of the source; inside, a ramp is interpolated exactly.
    for (const c of [0, 7, 15])
      expect(values[c]).toBeCloseTo((((c + 10.5) * 16) / 36 - 0.5) * 10, 3);
  });
});

describe('applyPreprocess on arrays', () => {
  it('takes them as they are, moving channels where the model wants them elsewhere', () => {
    const sample = array([2, 2, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(floats(applyPreprocess([sample], preprocess, input(['N', 2, 2, 3])))).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
    ]);
    const first = applyPreprocess([sample], preprocess, input(['N', 3, 2, 2]));
    expect(floats(first)).toEqual([1, 4, 7, 10, 2, 5, 8, 11, 3, 6, 9, 12]);
    const last = applyPreprocess(
      [array([3, 2, 2], floats(first))],
      preprocess,
      input(['N', 2, 2, 3]),
    );
    expect(floats(last)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(
      applyPreprocess(
        [
          array(
            [49, 10, 1],
            Array.from({ length: 490 }, () => 0),
          ),
        ],
        preprocess,
        input(['N', 490]),
      ).dims,
    ).toEqual([1, 490]);
  });

  it('refuses fractions for an integer input, unless told the quantization', () => {
    const sample = array([2], [0.5847, -1.1694]);
    expect(() => applyPreprocess([sample], preprocess, input(['N', 2], 'int8'))).toThrow(
      mismatch('fractions'),
    );
    const told = applyPreprocess(
      [sample],
      { ...preprocess, quantization: { scale: 0.5847, zeroPoint: 83 } },
      input(['N', 2], 'int8'),
    );
    expect([...new Int8Array((told.data as Uint8Array).slice().buffer)]).toEqual([84, 81]);
    expect([
      ...(applyPreprocess([array([2], [300, 7])], preprocess, input(['N', 2], 'uint8'))
        .data as Uint8Array),
    ]).toEqual([255, 7]);
  });
});

describe('batches', () => {
  it('cuts indices into batches, fills the last one up, and offsets labels', async () => {
    const dataset = pixelsDataset({
      name: 'd',
      classes: undefined,
      dims: [1, 1, 1],
      images: Uint8Array.of(10, 20, 30, 40, 50),
      labels: Int32Array.of(0, 1, 2, 3, 4),
    });
    const plain: Preprocess = {
      ...preprocess,
      channels: 'GRAY',
      size: [1, 1],
      range: [0, 255],
      mean: [0],
      std: [1],
      classOffset: 1,
    };
    const seen = [];
    for await (const batch of batches(
      dataset,
      Uint32Array.of(4, 0, 2),
      plain,
      input([2, 1, 1, 1]),
      { batchSize: 2, pad: true },
    ))
      seen.push([floats(batch.tensor), batch.count, [...(batch.labels ?? [])]]);
    expect(seen).toEqual([
      [[50, 10], 2, [5, 1]],
      [[30, 30], 1, [3]],
    ]);
  });
});

describe('validatePreprocess', () => {
  it('lets through the document of the command line, whole or in part', () => {
    const whole = {
      layout: 'NCHW',
      size: [224, 224],
      resize: 'crop',
      channels: 'RGB',
      range: [0, 1],
      mean: [0, 0, 0],
      std: [1, 1, 1],
      classOffset: 0,
    };
    expect(validatePreprocess(whole)).toEqual(whole);
    expect(validatePreprocess({ classOffset: 1 })).toEqual({ classOffset: 1 });
    expect(validatePreprocess({})).toEqual({});
  });

  it.each([
    [{ sizes: [1, 1] }, 'sizes'],
    [{ size: [0, 5] }, 'size'],
    [{ size: [2.5, 5] }, 'size'],
    [{ size: 224 }, 'size'],
    [{ std: [1, 0, 1] }, 'std'],
    [{ mean: [NaN] }, 'mean'],
    [{ mean: [1, 2] }, 'mean'],
    [{ layout: 'CHW' }, 'layout'],
    [{ classOffset: 0.5 }, 'classOffset'],
    [{ quantization: { scale: 0, zeroPoint: 0 } }, 'quantization'],
    [JSON.parse('{"__proto__": {"layout": "NCHW"}}') as unknown, '__proto__'],
    [{ toString: 1 }, 'toString'],
    [[], 'JSON object'],
    [null, 'JSON object'],
  ])('refuses %j and names the key', (json, words) => {
    expect(() => validatePreprocess(json)).toThrow(
      expect.objectContaining({
        code: 'argument/invalid',
        message: expect.stringContaining(words) as string,
      }) as object,
    );
  });
});
