import { elementCount } from '../../tensor/index.ts';

/**
 * Where the channels of a layer lie in a value that was computed from it: along `axis`, whose length is
 * outer · C · inner, channel c takes the places (o·C + c)·inner + i for all o < outer, i < inner. A feature map has outer = inner = 1;
 * flattening [N, C, H, W] to [N, C·H·W] makes inner = H·W; flattening [N, H, W, C] makes outer = H·W.
 */
export interface Layout {
  readonly axis: number;
  readonly outer: number;
  readonly inner: number;
}

export const sameLayout = (a: Layout, b: Layout): boolean =>
  a.axis === b.axis && a.outer === b.outer && a.inner === b.inner;

/** The places along the axis that remain when only the channels `keep` of `channels` remain. */
export function keptPlaces(layout: Layout, channels: number, keep: Uint32Array): Uint32Array {
  const { outer, inner } = layout;
  if (outer === 1 && inner === 1) return keep;
  const places = new Uint32Array(outer * keep.length * inner);
  let at = 0;
  for (let o = 0; o < outer; o++)
    for (const channel of keep)
      for (let i = 0; i < inner; i++) places[at++] = (o * channels + channel) * inner + i;
  return places;
}

/**
 * The layout after a reshape that keeps row-major order, or undefined when the channels do not lie within one axis of the
 * result or the batch (axis 0) is merged with other axes. With P the elements before the channel axis and S those
 * after it, memory is P · outer · C · inner · S; an axis of the result with Pb elements before it and Sb after it holds the channels when Pb
 * divides P · outer and Sb divides inner · S.
 */
export function reshapedLayout(
  layout: Layout,
  from: readonly number[],
  to: readonly number[],
  channels: number,
): Layout | undefined {
  if (layout.axis === 0 || from[0] !== to[0] || elementCount(from) !== elementCount(to))
    return undefined;
  const before = elementCount(from.slice(0, layout.axis)) * layout.outer;
  const after = layout.inner * elementCount(from.slice(layout.axis + 1));
  for (let axis = 1; axis < to.length; axis++) {
    const outer = before / elementCount(to.slice(0, axis));
    const inner = after / elementCount(to.slice(axis + 1));
    if (Number.isInteger(outer) && Number.isInteger(inner) && outer * channels * inner === to[axis])
      return { axis, outer, inner };
  }
  return undefined;
}
