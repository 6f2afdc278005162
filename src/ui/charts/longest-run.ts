import type { CurvePoint } from './scene.ts';

/** The longest level stretch of a staircase, as [from, to] and its height: where its name has room. */
export function longestRun(
  points: readonly CurvePoint[],
): { readonly from: number; readonly to: number; readonly y: number } | undefined {
  const runs = points.slice(1).map((point, i) => {
    const start = points[i] ?? point;
    return { from: start.x, to: point.x, y: start.y };
  });
  return runs.toSorted((a, b) => b.to - b.from - (a.to - a.from))[0];
}
