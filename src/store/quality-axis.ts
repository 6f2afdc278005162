/** How good a variant is, in one of the ways that its data allow. */
export const qualityAxes = ['accuracy', 'perplexity', 'agreement', 'sqnr'] as const;
export type QualityAxis = (typeof qualityAxes)[number];

/**
 * A value as a height: the more the better, and even steps mean much the same. Perplexity falls as a model gets better and is compared
 * by ratios (it is a power of the loss), so its height is −ln.
 */
export const heightOf = (axis: QualityAxis, value: number): number =>
  axis === 'perplexity' ? -Math.log(value) : value;
