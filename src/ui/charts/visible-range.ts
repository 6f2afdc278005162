interface Scroll {
  /** Pixels scrolled, and pixels in view. */
  readonly top: number;
  readonly height: number;
  readonly rowHeight: number;
  readonly total: number;
}

/** Rows built beyond each edge, so that scrolling shows no gaps. */
const spare = 6;

/** Which rows to build: [from, to). A list that grew shorter than the scroll position shows its end. */
export function visibleRange({ top, height, rowHeight, total }: Scroll): {
  readonly from: number;
  readonly to: number;
} {
  const most = Math.max(0, total * rowHeight - height);
  const first = Math.floor(Math.min(Math.max(0, top), most) / rowHeight);
  const count = Math.ceil(height / rowHeight) + 1;
  return { from: Math.max(0, first - spare), to: Math.min(total, first + count + spare) };
}
