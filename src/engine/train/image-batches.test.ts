import { describe, expect, it } from 'vitest';
import { createRng } from '../core/index.ts';
import { imageBatches, type Augmentation, type ImageSet } from './image-batches.ts';

/** Two 3 × 4 images with two channels; every byte is different. */
const set: ImageSet = {
  images: Uint8Array.from({ length: 48 }, (_, i) => 5 * i + 1),
  labels: Uint8Array.of(7, 3),
  height: 3,
  width: 4,
  channels: 2,
};
const none: Augmentation = { shift: 0, flip: false, eraseChance: 0, eraseSize: 0 };

function pixels(augmentation: Augmentation, indices: readonly number[], seed = 1): Float32Array {
  const { inputs } = imageBatches(set, 'x', augmentation).batch(indices, createRng(seed));
  const data = inputs['x']?.data;
  if (!(data instanceof Uint8Array)) throw new Error('no pixels');
  return new Float32Array(data.slice().buffer);
}

/**
 * Byte / 255 of image, channel, row and column, straight from the definition of the layout; 0
 * outside.
 */
const at = (image: number, channel: number, row: number, column: number): number =>
  row < 0 || row >= 3 || column < 0 || column >= 4
    ? 0
    : Math.fround((set.images[((image * 3 + row) * 4 + column) * 2 + channel] as number) / 255);

function placed(image: number, from: (row: number, column: number) => [number, number]): number[] {
  const values: number[] = [];
  for (const channel of [0, 1])
    for (const row of [0, 1, 2])
      for (const column of [0, 1, 2, 3]) values.push(at(image, channel, ...from(row, column)));
  return values;
}

describe('imageBatches', () => {
  it('gives NCHW floats and int64 labels', () => {
    const { inputs, labels } = imageBatches(set, 'x').batch([1, 0, 1], createRng(0));
    expect(inputs['x']?.dims).toEqual([3, 2, 3, 4]);
    expect(new BigInt64Array((labels.data as Uint8Array).slice().buffer)).toEqual(
      BigInt64Array.of(3n, 7n, 3n),
    );
    const plain = (image: number) => placed(image, (row, column) => [row, column]);
    expect([...pixels(none, [1, 0])]).toEqual([...plain(1), ...plain(0)]);
  });

  it('shifts within the limit, filling with zeros, every offset in turn', () => {
    const wanted = new Map<string, string>();
    for (const dy of [-1, 0, 1])
      for (const dx of [-1, 0, 1])
        wanted.set(placed(0, (row, column) => [row - dy, column - dx]).join(), `${dy},${dx}`);
    const seen = new Set<string | undefined>();
    for (let seed = 0; seed < 80; seed++)
      seen.add(wanted.get(pixels({ ...none, shift: 1 }, [0], seed).join()));
    expect(seen).toEqual(new Set(wanted.values()));
  });

  it('mirrors about half of the images', () => {
    const mirrored = placed(0, (row, column) => [row, 3 - column]).join();
    let count = 0;
    for (let seed = 0; seed < 200; seed++)
      if (pixels({ ...none, flip: true }, [0], seed).join() === mirrored) count++;
    expect(count).toBeGreaterThan(70);
    expect(count).toBeLessThan(130);
  });

  it('blanks one rectangle in all channels', () => {
    const whole = pixels(none, [0]);
    for (let seed = 0; seed < 50; seed++) {
      const erased = pixels({ ...none, eraseChance: 1, eraseSize: 2 }, [0], seed);
      const blank = [...erased].flatMap((value, i) => (value === 0 ? [i] : []));
      expect([...erased].filter((value, i) => value !== 0 && value !== whole[i])).toEqual([]);
      const perChannel = blank.filter((i) => i < 12);
      expect(blank.filter((i) => i >= 12).map((i) => i - 12)).toEqual(perChannel);
      expect([1, 2, 4]).toContain(perChannel.length);
    }
  });
});
