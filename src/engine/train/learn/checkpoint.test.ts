import { describe, expect, it } from 'vitest';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './checkpoint.ts';

const tensor = (...bytes: number[]) =>
  ({ dtype: 'float32', dims: [bytes.length / 4], data: Uint8Array.from(bytes) }) as const;
const best = { epoch: 2, step: 14, metric: 'sqnr', value: Infinity, loss: 0, samples: 3 } as const;
const checkpoint: Checkpoint = {
  signature: 'ä "quoted"',
  step: 17,
  best,
  teacher: undefined,
  points: [
    { step: 14, loss: undefined, parts: {}, learningRate: 0.1, validation: best },
    { step: 17, loss: 0.25, parts: { mse: 0.25 }, learningRate: 0.05, validation: undefined },
  ],
  ended: undefined,
  state: { 'a/weight': tensor(1, 2, 3, 4), 'a/velocity': tensor(5, 6, 7, 8, 9, 10, 11, 12) },
  weights: { a: tensor(13, 14, 15, 16) },
};

describe('a checkpoint', () => {
  it('comes back as it was, from any address', () => {
    const bytes = encodeCheckpoint(checkpoint);
    const moved = new Uint8Array(bytes.byteLength + 3);
    moved.set(bytes, 3);
    expect(decodeCheckpoint(bytes)).toEqual(checkpoint);
    expect(decodeCheckpoint(moved.subarray(3))).toEqual(checkpoint);
  });

  it('is none when cut anywhere, or when a bit of it changed', () => {
    const bytes = encodeCheckpoint(checkpoint);
    for (let length = 0; length < bytes.byteLength; length++)
      expect(decodeCheckpoint(bytes.subarray(0, length))).toBeUndefined();
    for (let at = 0; at < bytes.byteLength; at++) {
      const changed = bytes.slice();
      changed[at] = (changed[at] as number) ^ 0x10;
      expect(decodeCheckpoint(changed), `byte ${at}`).toBeUndefined();
    }
  });
});
