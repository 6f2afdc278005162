import { describe, expect, it } from 'vitest';
import { gridDrawing } from './grid-drawing.ts';
import { histogramOutline } from './histogram-outline.ts';
import { longestRun } from './longest-run.ts';
import { placeLabels } from './place-labels.ts';
import { visibleRange } from './visible-range.ts';

describe('visibleRange', () => {
  const view = { height: 400, rowHeight: 40, total: 5000 };

  it('covers every row in view and only a few more, wherever the list stands', () => {
    for (const top of [0, 1, 39, 40, 1234, 99_999, 199_600]) {
      const { from, to } = visibleRange({ ...view, top });
      expect(from * 40).toBeLessThanOrEqual(top);
      expect(Math.min(view.total * 40, top + view.height)).toBeLessThanOrEqual(to * 40);
      expect(to - from).toBeLessThanOrEqual(25);
    }
  });

  it('shows the end of a list that has become shorter than the scroll position', () => {
    expect(visibleRange({ ...view, total: 12, top: 9000 })).toEqual({ from: 0, to: 12 });
  });
});

describe('gridDrawing', () => {
  const plot = { y: 10, height: 200 };
  const evenly = (count: number, width: number): number[] =>
    Array.from({ length: count }, (_, i) => (i * width) / (count - 1));

  it('draws lines while there is room between them', () => {
    expect(gridDrawing(evenly(16, 600), plot).lines.match(/M/g)).toHaveLength(16);
  });

  it('keeps only the ticks of 256 levels, every one of them where pixels allow', () => {
    const { ticks, lines } = gridDrawing(evenly(256, 600), plot);
    expect(lines).toBe('');
    expect(ticks.match(/M/g)).toHaveLength(256);
  });

  it('does not draw two levels on the same half pixel twice', () => {
    expect(gridDrawing([1, 1.1, 1.2], plot).ticks.match(/M/g)).toHaveLength(1);
  });
});

describe('placeLabels', () => {
  const edges = { left: 0, right: 300 };
  const at = (id: string, x: number, y: number, label?: string) => ({
    mark: { id, ...(label === undefined ? {} : { label }) },
    x,
    y,
  });
  const right = { anchor: 'start', dx: 14, dy: 0 };
  const left = { anchor: 'end', dx: -14, dy: 0 };

  it('prefers the right, turns left at the edge and away from other points', () => {
    const placeOf = (...marks: ReturnType<typeof at>[]) => placeLabels(marks, edges).get('a');
    expect(placeOf(at('a', 100, 50, 'now'))).toEqual(right);
    expect(placeOf(at('a', 290, 50, 'now'))).toEqual(left);
    expect(placeOf(at('a', 100, 50, 'now'), at('b', 120, 52))).toEqual(left);
    expect(placeOf(at('a', 100, 50, 'now'), at('b', 120, 90))).toEqual(right);
  });

  it('never writes one name over another, even where two points coincide at the edge', () => {
    const places = placeLabels([at('a', 290, 50, 'original'), at('b', 291, 50, 'now')], edges);
    expect(places.get('a')).toEqual(left);
    expect(places.get('b')).toEqual({ ...left, dy: -15 });
  });

  it('names only what has a name', () => {
    expect(placeLabels([at('a', 1, 1)], edges).size).toBe(0);
  });
});

describe('longestRun', () => {
  it('finds the widest level stretch of a staircase', () => {
    const points = [
      { x: 0, y: 1 },
      { x: 1, y: 2 },
      { x: 5, y: 3 },
      { x: 6, y: 3 },
    ];
    expect(longestRun(points)).toEqual({ from: 1, to: 5, y: 2 });
    expect(longestRun([{ x: 0, y: 1 }])).toBeUndefined();
  });
});

describe('histogramOutline', () => {
  it('has a corner at every limit and ends on the floor', () => {
    const bin = (from: number, before: number) => ({
      from,
      to: from + 1,
      before,
      after: undefined,
      title: '',
      rows: [],
    });
    expect(histogramOutline([bin(0, 4), bin(1, 2)], (each) => each.before)).toEqual([
      { x: 0, y: 4 },
      { x: 1, y: 2 },
      { x: 2, y: 0 },
    ]);
    expect(histogramOutline([], () => 1)).toEqual([]);
  });
});
