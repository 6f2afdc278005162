/** Reading a row of class scores: which classes lead, and how probable each is said to be. */

/** Indices of the `k` largest scores, best first; ties go to the lower index; NaN counts as lowest. */
export function topClasses(scores: Float32Array, k: number): Int32Array {
  const best = new Int32Array(Math.min(k, scores.length)).fill(-1);
  const value = (index: number): number => {
    const score = index < 0 ? -Infinity : (scores[index] as number);
    return Number.isNaN(score) ? -Infinity : score;
  };
  let filled = 0;
  for (let index = 0; index < scores.length; index++) {
    let at = filled;
    while (at > 0 && value(index) > value(best[at - 1] as number)) at--;
    if (at >= best.length) continue;
    best.copyWithin(at + 1, at, Math.min(filled, best.length - 1));
    best[at] = index;
    filled = Math.min(filled + 1, best.length);
  }
  return best;
}

/**
 * The scores as probabilities: as they are where they already are some (within 0..1, summing to 1), their softmax otherwise.
 * Quantized scores (whole numbers) are taken as shares of their distance from the lowest.
 */
export function probabilities(scores: Float32Array, quantized: boolean): Float32Array {
  if (quantized) return shares(scores);
  const sum = scores.reduce((total, score) => total + score, 0);
  const already =
    Math.abs(sum - 1) < 1e-2 && scores.every((score) => score >= 0 && score <= 1.0001);
  if (already) return scores.slice();
  const top = scores.reduce((highest, score) => Math.max(highest, score), -Infinity);
  const powers = Float64Array.from(scores, (score) => Math.exp(score - top));
  const total = powers.reduce((all, power) => all + power, 0);
  return Float32Array.from(powers, (power) => power / total);
}

function shares(scores: Float32Array): Float32Array {
  const low = scores.reduce((lowest, score) => Math.min(lowest, score), Infinity);
  const total = scores.reduce((sum, score) => sum + score - low, 0);
  return scores.map((score) => (total === 0 ? 1 / scores.length : (score - low) / total));
}
