import { describe, expect, it } from 'vitest';
import { createRng } from '../../core/index.ts';
import type { ImageLayout } from '../learning.ts';
import { noAugmentation } from '../testing/learning-task.ts';
import { changeImage, drawImageChange, type ImageChange } from './change-image.ts';

const height = 3;
const width = 4;
const black = [-1, -2];
const layouts: Record<ImageLayout['layout'], ImageLayout> = {
  NCHW: { input: 'x', layout: 'NCHW', height, width, channels: 2, black },
  NHWC: { input: 'x', layout: 'NHWC', height, width, channels: 2, black },
};
const at = ({ layout }: ImageLayout, row: number, column: number, channel: number): number =>
  layout === 'NCHW'
    ? (channel * height + row) * width + column
    : (row * width + column) * 2 + channel;

/** Pixel by pixel, as said in words. */
function expected(image: ImageLayout, source: Float32Array, change: ImageChange): Float32Array {
  const target = new Float32Array(source.length);
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++)
      for (let channel = 0; channel < 2; channel++) {
        const [fromRow, moved] = [row - change.dy, column - change.dx];
        const fromColumn = change.mirrored ? width - 1 - moved : moved;
        const inside = fromRow >= 0 && fromRow < height && moved >= 0 && moved < width;
        const { blank } = change;
        const blanked =
          blank !== undefined &&
          row >= blank.top &&
          row < blank.top + blank.size &&
          column >= blank.left &&
          column < blank.left + blank.size;
        target[at(image, row, column, channel)] =
          inside && !blanked
            ? (source[at(image, fromRow, fromColumn, channel)] as number)
            : (black[channel] as number);
      }
  return target;
}

describe('changeImage', () => {
  const source = Float32Array.from({ length: height * width * 2 }, (_, i) => i + 1);
  const offsets = [-4, -3, -1, 0, 1, 2, 4];
  const blanks = [undefined, { top: -1, left: 2, size: 3 }, { top: 1, left: -2, size: 2 }];
  it.each(['NCHW', 'NHWC'] as const)('moves, mirrors and blanks in %s', (layout) => {
    const image = layouts[layout];
    for (const dx of offsets)
      for (const dy of offsets)
        for (const mirrored of [false, true])
          for (const blank of blanks) {
            const change = { dx, dy, mirrored, blank };
            const target = new Float32Array(source.length).fill(99);
            changeImage(source, image, change, target);
            expect(target, JSON.stringify(change)).toEqual(expected(image, source, change));
          }
  });
});

describe('drawImageChange', () => {
  const image = layouts.NCHW;
  const draws = (changes: Partial<typeof noAugmentation>) => {
    const rng = createRng(2);
    return Array.from({ length: 500 }, () =>
      drawImageChange({ ...noAugmentation, ...changes }, image, rng),
    );
  };
  const span = (values: readonly number[]): [number, number] => [
    Math.min(...values),
    Math.max(...values),
  ];

  it('stays as it is without settings', () => {
    for (const change of draws({}))
      expect(change).toEqual({ dx: 0, dy: 0, mirrored: false, blank: undefined });
  });

  it('uses the whole reach of shift and crop together', () => {
    const changes = draws({ shift: 1, crop: 2 });
    expect(span(changes.map(({ dx }) => dx))).toEqual([-3, 3]);
    expect(span(changes.map(({ dy }) => dy))).toEqual([-3, 3]);
  });

  it('mirrors half of the time, blanks as often as asked', () => {
    const changes = draws({ flip: true, cutout: 2, cutoutChance: 0.25 });
    const share = (of: (change: ImageChange) => boolean): number =>
      changes.filter(of).length / changes.length;
    expect(share(({ mirrored }) => mirrored)).toBeCloseTo(0.5, 1);
    expect(share(({ blank }) => blank !== undefined)).toBeCloseTo(0.25, 1);
    // The square is centred on a pixel of the image.
    expect(span(changes.flatMap(({ blank }) => (blank ? [blank.left] : [])))).toEqual([-1, 2]);
  });
});
