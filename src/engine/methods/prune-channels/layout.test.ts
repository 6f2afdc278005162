import { describe, expect, test } from 'vitest';
import { keptPlaces, reshapedLayout, type Layout } from './layout.ts';

/** Marks every element of a tensor with the channel it belongs to, in memory order. */
function channelMarks(layout: Layout, dims: readonly number[], channels: number): number[] {
  const marks: number[] = [];
  const after = dims.slice(layout.axis + 1).reduce((a, b) => a * b, 1);
  const before = dims.slice(0, layout.axis).reduce((a, b) => a * b, 1);
  for (let p = 0; p < before; p++)
    for (let k = 0; k < (dims[layout.axis] as number); k++)
      for (let s = 0; s < after; s++) marks.push(Math.floor(k / layout.inner) % channels);
  return marks;
}

const plain = (axis: number): Layout => ({ axis, outer: 1, inner: 1 });

describe('reshapedLayout', () => {
  test.each([
    { from: [2, 5, 3, 4], layout: plain(1), to: [2, 60], channels: 5 },
    { from: [2, 3, 4, 5], layout: plain(3), to: [2, 60], channels: 5 },
    { from: [2, 3, 4, 5], layout: plain(3), to: [2, 12, 5], channels: 5 },
    { from: [2, 5, 1, 1], layout: plain(1), to: [2, 5], channels: 5 },
    { from: [2, 5], layout: plain(1), to: [2, 5, 1, 1], channels: 5 },
    { from: [2, 60], layout: { axis: 1, outer: 3, inner: 4 }, to: [2, 3, 20], channels: 5 },
    { from: [2, 60], layout: { axis: 1, outer: 1, inner: 12 }, to: [2, 5, 12], channels: 5 },
  ])('$from → $to keeps every element with its channel', ({ from, layout, to, channels }) => {
    const after = reshapedLayout(layout, from, to, channels);
    expect(after).toBeDefined();
    expect(channelMarks(after as Layout, to, channels)).toEqual(
      channelMarks(layout, from, channels),
    );
  });

  test.each([
    { from: [2, 5, 3, 4], to: [10, 12], why: 'merges the batch' },
    { from: [2, 6, 2, 2], to: [2, 3, 8], why: 'splits the channels' },
    { from: [2, 6, 4], to: [2, 4, 6], why: 'cuts across them' },
  ])('refuses what $why', ({ from, to }) => {
    expect(reshapedLayout(plain(1), from, to, from[1] as number)).toBeUndefined();
  });
});

test('keptPlaces lists the places of the kept channels', () => {
  expect(Array.from(keptPlaces({ axis: 1, outer: 1, inner: 3 }, 3, Uint32Array.of(0, 2)))).toEqual([
    0, 1, 2, 6, 7, 8,
  ]);
  expect(Array.from(keptPlaces({ axis: 1, outer: 2, inner: 1 }, 3, Uint32Array.of(1)))).toEqual([
    1, 4,
  ]);
});
