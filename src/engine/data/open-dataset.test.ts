import { gzipSync } from 'fflate';
import { encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { memorySource, type ByteSource } from '../core/index.ts';
import type { Dataset } from './dataset.ts';
import { encodeSamples } from './encode-samples.ts';
import { idxLabelsPath } from './idx-dataset.ts';
import type { DataFile } from './image-folder.ts';
import { openDataset } from './open-dataset.ts';
import { npyBytes, npzBytes } from './testing/npy-bytes.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const file = (path: string, bytes: Uint8Array | string): DataFile => ({
  path,
  source: memorySource(typeof bytes === 'string' ? utf8(bytes) : bytes, path),
});
const open = (...files: DataFile[]): Promise<Dataset> => openDataset(files);
const fails = (code: string, words: string): object =>
  expect.objectContaining({ code, message: expect.stringContaining(words) as string }) as object;
const png = (grey: number): Uint8Array =>
  encode({ width: 2, height: 1, channels: 1, data: Uint8Array.of(grey, 0) });
const firstByte = async (dataset: Dataset, index: number): Promise<number | undefined> => {
  const sample = await dataset.sample(index);
  return sample.kind === 'pixels' ? sample.data[0] : undefined;
};

describe('a folder of images', () => {
  it('numbers named classes alphabetically, in the order of the paths', async () => {
    const dataset = await open(
      file('pets/dog/1.png', png(1)),
      file('pets/cat/2.png', png(2)),
      file('pets/cat/1.png', png(3)),
      file('pets/.DS_Store', 'x'),
    );
    expect(dataset.classes).toEqual(['cat', 'dog']);
    expect([...(dataset.labels ?? [])]).toEqual([0, 0, 1]);
    expect([await firstByte(dataset, 0), await firstByte(dataset, 2)]).toEqual([3, 1]);
    expect(dataset.name).toBe('pets');
  });

  it('takes whole numbers as the class indices themselves', async () => {
    const dataset = await open(file('010/a.png', png(1)), file('007/a.png', png(2)));
    expect([...(dataset.labels ?? [])]).toEqual([7, 10]);
    expect(dataset.classes).toBeUndefined();
  });

  it('has no labels when the images are loose', async () => {
    const dataset = await open(file('a.png', png(1)), file('b.png', png(2)));
    expect(dataset.labels).toBeUndefined();
    expect(dataset.count).toBe(2);
  });

  it('keeps train and test apart', async () => {
    const dataset = await open(
      file('d/test/b/1.png', png(1)),
      file('d/train/a/1.png', png(2)),
      file('d/train/b/1.png', png(3)),
    );
    expect(dataset.testFrom).toBe(2);
    expect([...(dataset.labels ?? [])]).toEqual([0, 1, 1]);
    expect(await firstByte(dataset, 2)).toBe(1);
  });

  it('decodes nothing before it is asked for', async () => {
    let reads = 0;
    const counting = (source: ByteSource): ByteSource => ({
      ...source,
      read: (at, length) => (reads++, source.read(at, length)),
    });
    const dataset = await open(
      ...['a', 'b'].map((cls) => ({
        path: `${cls}/1.png`,
        source: counting(memorySource(png(1))),
      })),
    );
    expect(reads).toBe(0);
    await dataset.sample(1);
    expect(reads).toBe(1);
  });

  it('refuses other image formats and images beside the folders', async () => {
    await expect(open(file('a/1.png', png(1)), file('b/2.webp', 'x'))).rejects.toEqual(
      fails('data/unsupported', 'WEBP'),
    );
    await expect(open(file('d/a/1.png', png(1)), file('d/2.png', png(1)))).rejects.toEqual(
      fails('data/unsupported', 'beside the class folders'),
    );
    const broken = await open(file('a/1.png', 'no image'), file('b/1.png', png(1)));
    await expect(broken.sample(0)).rejects.toEqual(fails('data/unreadable', 'a/1.png'));
  });
});

describe('.npz and .npy', () => {
  const pixels = Uint8Array.from({ length: 2 * 3 * 4 * 5 }, (_, i) => i);
  const labels = npyBytes('<i8', [2], new Uint8Array(BigInt64Array.of(7n, 3n).buffer));

  it.each([0, 6] as const)(
    'reads pixels with channels first, compressed at level %i',
    async (level) => {
      const x = npyBytes('|u1', [2, 3, 4, 5], pixels);
      const dataset = await open(file('cifar.npz', npzBytes({ x, y: labels }, level)));
      expect([dataset.kind, dataset.count, dataset.sampleDims]).toEqual(['images', 2, [4, 5, 3]]);
      expect([...(dataset.labels ?? [])]).toEqual([7, 3]);
      const sample = await dataset.sample(1);
      // Pixel (0, 0) of sample 1: the first of each of its three planes of 20.
      expect(sample.kind === 'pixels' && [...sample.data.subarray(0, 6)]).toEqual([
        60, 80, 100, 61, 81, 101,
      ]);
    },
  );

  it('reads pixels with channels last, without channels, and flattened', async () => {
    const dims = async (shape: number[]) =>
      (
        await open(
          file('x.npy', npyBytes('|u1', shape, new Uint8Array(shape.reduce((a, b) => a * b)))),
        )
      ).sampleDims;
    expect(await dims([1, 4, 5, 3])).toEqual([4, 5, 3]);
    expect(await dims([2, 28, 28])).toEqual([28, 28, 1]);
    expect(await dims([2, 784])).toEqual([28, 28, 1]);
    expect(await dims([2, 3072])).toEqual([32, 32, 3]);
    expect(await dims([2, 10])).toEqual([1, 10, 1]);
    expect(await dims([2, 1, 28, 28])).toEqual([28, 28, 1]);
    expect(await dims([2, 3, 32, 3])).toEqual([3, 32, 3]);
  });

  it.each([
    ['<f4', new Uint8Array(Float32Array.of(1, -2, 3, 4).buffer)],
    [
      '>f4',
      new Uint8Array(Float32Array.of(1, -2, 3, 4).buffer).map(
        (_, i, all) => all[(i & ~3) + 3 - (i & 3)] as number,
      ),
    ],
    ['<f8', new Uint8Array(Float64Array.of(1, -2, 3, 4).buffer)],
    ['<f2', Uint8Array.of(0x00, 0x3c, 0x00, 0xc0, 0x00, 0x42, 0x00, 0x44)],
    ['>i2', Uint8Array.of(0, 1, 255, 254, 0, 3, 0, 4)],
    ['|i1', Uint8Array.of(1, 254, 3, 4)],
    ['<i8', new Uint8Array(BigInt64Array.of(1n, -2n, 3n, 4n).buffer)],
  ])('reads %s as the same numbers', async (descr, data) => {
    const dataset = await open(file('x.npy', npyBytes(descr, [2, 2], data, { version: 2 })));
    expect(dataset.kind).toBe('arrays');
    const [a, b] = [await dataset.sample(0), await dataset.sample(1)];
    expect([a, b].flatMap((sample) => (sample.kind === 'array' ? [...sample.data] : []))).toEqual([
      1, -2, 3, 4,
    ]);
  });

  it('reads Fortran order', async () => {
    // x[n, i, j] = 100 n + 10 i + j, stored with the first axis fastest.
    const values: number[] = [];
    for (let j = 0; j < 4; j++)
      for (let i = 0; i < 3; i++) for (let n = 0; n < 2; n++) values.push(100 * n + 10 * i + j);
    const dataset = await open(
      file(
        'x.npy',
        npyBytes('<f4', [2, 3, 4], new Uint8Array(Float32Array.from(values).buffer), {
          fortran: true,
        }),
      ),
    );
    const sample = await dataset.sample(1);
    expect(sample.kind === 'array' && [...sample.data]).toEqual([
      100, 101, 102, 103, 110, 111, 112, 113, 120, 121, 122, 123,
    ]);
  });

  it('reads labels as a column and as one-hot rows, and refuses what is neither', async () => {
    const x = npyBytes('<f4', [2, 2], new Uint8Array(16));
    const withLabels = (y: Uint8Array) => open(file('a.npz', npzBytes({ x, y }, 6)));
    const column = await withLabels(
      npyBytes('<i4', [2, 1], new Uint8Array(Int32Array.of(4, 5).buffer)),
    );
    expect([...(column.labels ?? [])]).toEqual([4, 5]);
    const oneHot = await withLabels(
      npyBytes('<f4', [2, 3], new Uint8Array(Float32Array.of(0, 0, 1, 1, 0, 0).buffer)),
    );
    expect([...(oneHot.labels ?? [])]).toEqual([2, 0]);
    await expect(
      withLabels(npyBytes('<f4', [2], new Uint8Array(Float32Array.of(0.5, 1).buffer))),
    ).rejects.toEqual(fails('data/unreadable', '0.5'));
    await expect(withLabels(npyBytes('<i4', [3], new Uint8Array(12)))).rejects.toEqual(
      fails('data/mismatch', '3 labels for 2 samples'),
    );
  });

  it('keeps Keras’s test part apart, and pairs x.npy with y.npy', async () => {
    const part = (value: number) => npyBytes('|u1', [1, 8, 8], new Uint8Array(64).fill(value));
    const label = (value: number) => npyBytes('|u1', [1], Uint8Array.of(value));
    const keras = await open(
      file(
        'mnist.npz',
        npzBytes({ x_train: part(1), y_train: label(5), x_test: part(2), y_test: label(6) }, 6),
      ),
    );
    expect([keras.testFrom, [...(keras.labels ?? [])], await firstByte(keras, 1)]).toEqual([
      1,
      [5, 6],
      2,
    ]);
    const pair = await open(file('d/x.npy', part(3)), file('d/y.npy', label(9)));
    expect([...(pair.labels ?? [])]).toEqual([9]);
  });

  it('refuses objects, records, long headers and arrays that are cut off', async () => {
    const npy = (...args: Parameters<typeof npyBytes>) => open(file('x.npy', npyBytes(...args)));
    await expect(npy('|O', [1], new Uint8Array(8))).rejects.toEqual(
      fails('data/unsupported', 'Python objects'),
    );
    await expect(npy("[('a', '<f4')]", [1], new Uint8Array(4))).rejects.toEqual(
      fails('data/unsupported', 'records'),
    );
    await expect(npy('<U7', [1], new Uint8Array(28))).rejects.toEqual(
      fails('data/unsupported', '<U7'),
    );
    await expect(
      npy('<f4', [2], new Uint8Array(8), { version: 2, pad: (1 << 20) + 1 }),
    ).rejects.toEqual(fails('data/unsupported', 'header'));
    await expect(npy('<f4', [3, 4], new Uint8Array(40))).rejects.toEqual(
      fails('data/unreadable', 'takes 48 bytes; 40 are there'),
    );
    await expect(npy('<f4', [99999999999, 99999999999], new Uint8Array(40))).rejects.toEqual(
      fails('data/unreadable', 'cannot be'),
    );
    await expect(open(file('x.npy', 'nonsense, not an array'))).rejects.toEqual(
      fails('data/unreadable', 'not an .npy'),
    );
    await expect(
      open(file('a.npz', npzBytes({ weights: labels, biases: labels }, 0))),
    ).rejects.toEqual(fails('data/unsupported', 'weights, biases'));
    await expect(
      open(file('a.npz', npzBytes({ x: npyBytes('|u1', [0, 8, 8], new Uint8Array()) }, 0))),
    ).rejects.toEqual(fails('data/empty', 'no samples'));
  });
});

describe('IDX', () => {
  const images = (count: number): Uint8Array =>
    Uint8Array.of(
      0,
      0,
      8,
      3,
      0,
      0,
      0,
      count,
      0,
      0,
      0,
      2,
      0,
      0,
      0,
      2,
      ...Array.from({ length: 4 * count }, (_, i) => i),
    );
  const labels = (...values: number[]): Uint8Array =>
    Uint8Array.of(0, 0, 8, 1, 0, 0, 0, values.length, ...values);

  it('pairs images with labels, zipped or not', async () => {
    for (const files of [
      [file('train-images-idx3-ubyte', images(2)), file('train-labels-idx1-ubyte', labels(4, 9))],
      [file('l.gz', gzipSync(labels(4, 9))), file('i.gz', gzipSync(images(2)))],
    ]) {
      const dataset = await open(...files);
      expect([
        dataset.sampleDims,
        [...(dataset.labels ?? [])],
        await firstByte(dataset, 1),
      ]).toEqual([[2, 2, 1], [4, 9], 4]);
    }
    expect((await open(file('images', images(3)))).labels).toBeUndefined();
  });

  it('reads MNIST’s four files with their test part', async () => {
    const dataset = await open(
      file('t10k-images-idx3-ubyte', images(1)),
      file('t10k-labels-idx1-ubyte', labels(7)),
      file('train-images-idx3-ubyte', images(2)),
      file('train-labels-idx1-ubyte', labels(1, 2)),
    );
    expect([dataset.count, dataset.testFrom, [...(dataset.labels ?? [])]]).toEqual([
      3,
      2,
      [1, 2, 7],
    ]);
  });

  it('names the labels file that belongs to an images file', () => {
    expect(idxLabelsPath('a/train-images-idx3-ubyte.gz')).toBe('a/train-labels-idx1-ubyte.gz');
    expect(idxLabelsPath('t10k-images.idx3-ubyte')).toBe('t10k-labels.idx1-ubyte');
    expect(idxLabelsPath('a/picture')).toBeUndefined();
  });

  it('refuses files that are cut off or do not belong together', async () => {
    await expect(open(file('i', images(2).slice(0, 20)))).rejects.toEqual(
      fails('data/unreadable', 'takes 8 bytes; 4 are there'),
    );
    await expect(open(file('i', images(2)), file('l', labels(1)))).rejects.toEqual(
      fails('data/mismatch', '1 labels for 2'),
    );
    await expect(open(file('l', labels(1, 2)))).rejects.toEqual(
      fails('data/mismatch', 'without images'),
    );
    const cut = open(file('i.gz', gzipSync(images(200)).slice(0, 60)));
    await expect(cut.then((dataset) => dataset.sample(199))).rejects.toMatchObject({
      code: 'data/unreadable',
    });
  });
});

describe('what else is opened', () => {
  it('opens Whittle’s samples by their first bytes', async () => {
    const bytes = encodeSamples({
      name: 'two',
      classes: ['a', 'b'],
      dims: [1, 2, 1],
      images: Uint8Array.of(1, 2, 3, 4),
      labels: Uint8Array.of(0, 1),
      splits: { train: 1, test: 1 },
      license: '',
      source: '',
    });
    const dataset = await open(file('anything.bin', bytes));
    expect([dataset.count, dataset.testFrom, dataset.classes]).toEqual([2, 1, ['a', 'b']]);
  });

  it('says what it takes when it recognises nothing', async () => {
    await expect(open(file('a.parquet', 'PAR1'))).rejects.toEqual(
      fails('data/unsupported', 'Give a folder of images'),
    );
    await expect(open(file('a.txt', 'x'), file('b.txt', 'y'))).rejects.toEqual(
      fails('data/unsupported', '2 files that do not belong together'),
    );
    await expect(open()).rejects.toEqual(fails('data/empty', 'no file'));
    await expect(open(file('a.npz', ''))).rejects.toEqual(fails('data/empty', 'an empty file'));
  });
});
