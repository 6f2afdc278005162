/**
 * The points that no other point beats: none is at once no more costly and no worse, and better in one of the two. Sorted by
 * cost, so quality rises along the front. Of several points at the very same place the first stays.
 */
export interface Tradeable {
  /** Less is better. */
  readonly cost: number;
  /** More is better. */
  readonly quality: number;
}

export function paretoFront<P extends Tradeable>(points: readonly P[]): P[] {
  const cheapestFirst = points
    .filter(({ cost, quality }) => !Number.isNaN(cost) && !Number.isNaN(quality))
    .toSorted((a, b) => a.cost - b.cost || b.quality - a.quality);
  const front: P[] = [];
  let best = Number.NEGATIVE_INFINITY;
  for (const point of cheapestFirst) {
    if (point.quality <= best) continue;
    best = point.quality;
    front.push(point);
  }
  return front;
}
