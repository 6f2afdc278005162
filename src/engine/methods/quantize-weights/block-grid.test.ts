import { describe, expect, test } from 'vitest';
import { createRng } from '../../core/index.ts';
import { quantizeBlocks, type LaneView } from './block-grid.ts';

const rng = createRng(9);
const weights = Float32Array.from({ length: 12 * 70 }, () => rng.normal());
const byRow: LaneView = { lanes: 12, length: 70, laneStride: 70, stride: 1 };
const byColumn: LaneView = { lanes: 12, length: 70, laneStride: 1, stride: 12 };

const cases = [2, 3, 4, 5, 6, 7, 8].flatMap((bits) =>
  [true, false].flatMap((symmetric) =>
    [byRow, byColumn].map((view) => ({ bits, symmetric, view })),
  ),
);

describe.each(cases)(
  '$bits bits, symmetric $symmetric, stride $view.stride',
  ({ bits, symmetric, view }) => {
    const { codes, scales, zeroPoints } = quantizeBlocks(weights, view, {
      bits,
      symmetric,
      blockSize: 32,
    });
    const indices = Array.from({ length: view.lanes }, (_, lane) =>
      Array.from({ length: view.length }, (_k, k) => ({
        lane,
        k,
        index: lane * view.laneStride + k * view.stride,
      })),
    ).flat();

    test('codes fit their bits and every weight is within its step', () => {
      for (const { lane, k, index } of indices) {
        const at = lane * 3 + Math.floor(k / 32);
        const [code, scale, zero] = [
          codes[index] as number,
          scales[at] as number,
          zeroPoints[at] as number,
        ];
        expect(code).toBeLessThan(2 ** bits);
        const error = Math.abs((code - zero) * scale - (weights[index] as number));
        // A symmetric grid has one step less on the other side of 0; an asymmetric zero point is rounded itself.
        expect(error).toBeLessThanOrEqual(Math.abs(scale) * 1.0001);
      }
    });

    test('the extremes of a block are met', () => {
      for (let lane = 0; lane < view.lanes; lane++) {
        for (let block = 0; block < 3; block++) {
          const own = indices
            .filter((i) => i.lane === lane && Math.floor(i.k / 32) === block)
            .map((i) => i.index);
          const at = lane * 3 + block;
          const largest = own.reduce((a, b) =>
            Math.abs(weights[a] as number) >= Math.abs(weights[b] as number) ? a : b,
          );
          if (symmetric) {
            expect(codes[largest]).toBe(0);
            const back = (0 - (zeroPoints[at] as number)) * (scales[at] as number);
            expect(back).toBeCloseTo(weights[largest] as number, 5);
            continue;
          }
          const code = (extreme: number): number =>
            codes[own.find((i) => weights[i] === extreme) as number] as number;
          const [low, high] = [
            Math.min(...own.map((i) => weights[i] as number)),
            Math.max(...own.map((i) => weights[i] as number)),
          ];
          if (low < 0) expect(code(low)).toBe(0);
          if (high > 0) expect(code(high)).toBe(2 ** bits - 1);
        }
      }
    });
  },
);

test('a block of zeros stays zero', () => {
  for (const symmetric of [true, false]) {
    const { codes, scales, zeroPoints } = quantizeBlocks(
      new Float32Array(16),
      { lanes: 1, length: 16, laneStride: 16, stride: 1 },
      { bits: 4, symmetric, blockSize: 16 },
    );
    expect(new Set(codes)).toEqual(new Set([zeroPoints[0]]));
    expect(scales[0]).toBe(symmetric ? 1 : 1);
  }
});
