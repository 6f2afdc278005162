import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { encodeSamples } from '../../src/engine/data/index.ts';
import type { ImageSet } from '../../src/engine/train/index.ts';
import type { LabelledSplits } from './image-data.ts';

const trainCount = 10_000;
const testCount = 10_000;

/** Where the bundled part of a data set lies, below `public/samples/`. */
export const dataFile = (name: 'mnist' | 'fashion'): string => `${name}.samples`;

/**
 * The part of the data that comes with the studio: 10,000 train images, as many of each class as
 * the full set has in proportion, in its order, and the whole test set. Returns the size of the
 * file.
 */
export async function bundleData(
  name: 'mnist' | 'fashion',
  data: LabelledSplits,
  folder: string,
): Promise<number> {
  const train = firstStratified(data.train, trainCount, data.classes.length);
  const test = firstStratified(data.test, testCount, data.classes.length);
  const bytes = encodeSamples({
    name,
    classes: data.classes,
    dims: [data.train.height, data.train.width, data.train.channels],
    images: joined(train.images, test.images),
    labels: joined(train.labels, test.labels),
    splits: { train: trainCount, test: testCount },
    license: data.license,
    source: data.source,
  });
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, dataFile(name)), bytes);
  return bytes.byteLength;
}

/**
 * `count` images in their order: of every class, its first ones, in its share of the whole set
 * (largest remainders).
 */
function firstStratified(set: ImageSet, count: number, classes: number): ImageSet {
  const quota = shares(set.labels, count, classes);
  const chosen: number[] = [];
  set.labels.forEach((label, index) => {
    const left = quota[label] ?? 0;
    if (left === 0) return;
    quota[label] = left - 1;
    chosen.push(index);
  });
  const size = set.height * set.width * set.channels;
  const images = new Uint8Array(count * size);
  chosen.forEach((index, position) =>
    images.set(set.images.subarray(index * size, (index + 1) * size), position * size),
  );
  return { ...set, images, labels: Uint8Array.from(chosen, (index) => set.labels[index] ?? 0) };
}

function shares(labels: Uint8Array, count: number, classes: number): number[] {
  const totals = Array.from<number>({ length: classes }).fill(0);
  for (const label of labels) totals[label] = (totals[label] ?? 0) + 1;
  const exact = totals.map((total) => (total * count) / labels.length);
  const quota = exact.map(Math.floor);
  const missing = count - quota.reduce((sum, share) => sum + share, 0);
  const byRemainder = exact
    .map((share, label) => ({ label, remainder: share - Math.floor(share) }))
    .toSorted((a, b) => b.remainder - a.remainder || a.label - b.label);
  for (const { label } of byRemainder.slice(0, missing)) quota[label] = (quota[label] ?? 0) + 1;
  return quota;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}
