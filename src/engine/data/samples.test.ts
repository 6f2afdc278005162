import { describe, expect, it } from 'vitest';
import { createRng } from '../core/index.ts';
import { crc32 } from './crc32.ts';
import { encodeSamples, type SamplesContent } from './encode-samples.ts';
import { openSamples } from './open-samples.ts';
import { filterResidual, unfilterResidual } from './residual-filter.ts';

function content(
  kind: 'drawing' | 'photo',
  dims: [number, number, number] = [28, 28, 1],
): SamplesContent {
  const rng = createRng(3);
  const [height, width, channels] = dims;
  const count = 30;
  const images = new Uint8Array(count * height * width * channels);
  for (let i = 0; i < images.length; i++) {
    const x = Math.floor(i / channels) % width;
    const y = Math.floor(i / channels / width) % height;
    images[i] = kind === 'photo' ? 3 * x + 4 * y + rng.integer(3) : rng.next() < 0.1 ? 255 : 0;
  }
  const labels = Uint8Array.from({ length: count }, (_, i) => i % 10);
  return {
    name: 'test',
    classes: '0123456789'.split(''),
    dims,
    images,
    labels,
    splits: { train: 20, test: 10 },
    license: 'CC0',
    source: 'made here',
  };
}

const header = (kind: 'drawing' | 'photo'): string =>
  new TextDecoder().decode(encodeSamples(content(kind)).subarray(0, 300));

describe('the compact form of samples', () => {
  it.each([
    ['drawing', [28, 28, 1]],
    ['photo', [28, 28, 1]],
    ['photo', [5, 7, 3]],
  ] as const)('gives back the pixels and labels of a %s of %j', async (kind, dims) => {
    const given = content(kind, [...dims]);
    const samples = await openSamples(encodeSamples(given));
    const bytes = dims[0] * dims[1] * dims[2];
    expect([samples.train.count, samples.test.count, samples.all.testFrom]).toEqual([20, 10, 20]);
    expect([...(samples.all.labels ?? [])]).toEqual([...given.labels]);
    expect([...(samples.test.labels ?? [])]).toEqual([...given.labels.subarray(20)]);
    const sample = await samples.test.sample(3);
    expect(sample).toEqual({
      kind: 'pixels',
      height: dims[0],
      width: dims[1],
      channels: dims[2],
      data: given.images.subarray(23 * bytes, 24 * bytes),
    });
    expect(samples.license).toBe('CC0');
  });

  it('picks the smaller of filtered and unfiltered', () => {
    expect(header('photo')).toContain('"filter":"median"');
    expect(header('drawing')).toContain('"filter":"none"');
  });

  it('writes the same bytes for the same content', () => {
    expect(encodeSamples(content('photo'))).toEqual(encodeSamples(content('photo')));
  });

  it('refuses content that does not agree with itself', () => {
    const given = content('photo');
    expect(() => encodeSamples({ ...given, labels: given.labels.subarray(1) })).toThrow(
      '29 labels for 30 images',
    );
    expect(() => encodeSamples({ ...given, images: given.images.subarray(1) })).toThrow(
      '30 images of 28×28×1',
    );
    expect(() => encodeSamples({ ...given, classes: ['a'] })).toThrow('with 1 classes');
  });

  it('names damage at every truncation and for flipped bytes', async () => {
    const file = encodeSamples(content('photo'));
    for (let length = 0; length < file.length; length += 97)
      await expect(openSamples(file.slice(0, length))).rejects.toMatchObject({
        code: 'data/unreadable',
      });
    const rng = createRng(11);
    for (let i = 0; i < 100; i++) {
      const copy = file.slice();
      const at = 400 + rng.integer(file.length - 404);
      copy[at] = (copy[at] as number) ^ (1 << rng.integer(8));
      await expect(openSamples(copy)).rejects.toMatchObject({
        code: expect.stringMatching(/^data\//) as string,
      });
    }
  });
});

describe('filterResidual', () => {
  it('predicts by the median of W, N and W + N − NW', () => {
    // 2×2: first pixel from 0; (1,0) from W; (0,1) from N; the last: W = 30, N = 20, NW = 10 → NW ≤ min → max = 30.
    const residual = filterResidual(Uint8Array.of(10, 20, 30, 35), {
      height: 2,
      width: 2,
      channels: 1,
    });
    expect([...residual]).toEqual([10, 10, 20, 5]);
    expect([...unfilterResidual(residual, { height: 2, width: 2, channels: 1 })]).toEqual([
      10, 20, 30, 35,
    ]);
  });
});

it('crc32 has the check value of its definition', () => {
  expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
  expect(crc32(new TextEncoder().encode('6789'), crc32(new TextEncoder().encode('12345')))).toBe(
    0xcbf43926,
  );
});
