/**
 * How the levels of a quantization grid are drawn so that 256 of them stay readable: short ticks on the floor of the plot for every
 * level, and lines through the whole plot only while there is room between them.
 */
interface Plot {
  readonly y: number;
  readonly height: number;
}

/** Pixels between levels below which lines would grow into a grey area. */
const roomForLines = 9;
const tickHeight = 7;

/** Levels at `places` (pixels); path data of ticks and lines, empty where there are none. */
export function gridDrawing(
  places: readonly number[],
  plot: Plot,
): { readonly ticks: string; readonly lines: string } {
  const sorted = [...new Set(places.map((x) => Math.round(x * 2) / 2))].toSorted((a, b) => a - b);
  const floor = plot.y + plot.height;
  const gaps = sorted.slice(1).map((x, i) => x - (sorted[i] ?? x));
  const narrowest = gaps.length === 0 ? Number.POSITIVE_INFINITY : Math.min(...gaps);
  const path = (from: number): string => sorted.map((x) => `M${x} ${from}V${floor}`).join('');
  return { ticks: path(floor - tickHeight), lines: narrowest >= roomForLines ? path(plot.y) : '' };
}
