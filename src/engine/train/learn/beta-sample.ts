import type { Rng } from '../../core/index.ts';

/** A draw from Beta(α, α), for mixup: X / (X + Y) with X, Y from Gamma(α). */
export function betaSample(alpha: number, rng: Rng): number {
  const x = gammaSample(alpha, rng);
  const y = gammaSample(alpha, rng);
  // Both underflow only for tiny α, where Beta is all but a coin.
  if (x + y === 0) return rng.next() < 0.5 ? 0 : 1;
  return x / (x + y);
}

/** Marsaglia & Tsang 2000; below 1 by Gamma(α) = Gamma(α + 1) · U^(1/α). */
function gammaSample(alpha: number, rng: Rng): number {
  if (alpha < 1) return gammaSample(alpha + 1, rng) * (1 - rng.next()) ** (1 / alpha);
  const d = alpha - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const z = rng.normal();
    const v = (1 + c * z) ** 3;
    if (v > 0 && Math.log(1 - rng.next()) < 0.5 * z * z + d - d * v + d * Math.log(v)) return d * v;
  }
}
