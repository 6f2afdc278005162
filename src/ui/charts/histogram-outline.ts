import type { HistogramBin } from './scene.ts';

/** Corners of the outline for a line that steps after each point: the height at each bin's left limit, down to zero at both ends. */
export function histogramOutline(
  bins: readonly HistogramBin[],
  height: (bin: HistogramBin) => number,
): { x: number; y: number }[] {
  const last = bins.at(-1);
  if (last === undefined) return [];
  return [...bins.map((bin) => ({ x: bin.from, y: height(bin) })), { x: last.to, y: 0 }];
}
