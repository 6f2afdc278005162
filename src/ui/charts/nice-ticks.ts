/**
 * Tick values at round numbers (1, 2, 2.5 or 5 times a power of ten) inside [min, max], about `count` of them.
 * Heckbert, "Nice numbers for graph labels", Graphics Gems (1990), with 2.5 added.
 */
export function niceTicks(min: number, max: number, count: number): number[] {
  if (!Number.isFinite(min) || !Number.isFinite(max) || max <= min) return [min];
  const step = niceStep((max - min) / Math.max(1, count));
  const first = Math.ceil(min / step - 1e-9);
  const last = Math.floor(max / step + 1e-9);
  // Multiples of the step, not sums: no error builds up.
  return Array.from({ length: last - first + 1 }, (_, i) => tidy((first + i) * step));
}

/** The round step nearest to the wanted one, as a ratio. */
const niceStep = (rough: number): number => {
  const power = 10 ** Math.floor(Math.log10(rough));
  const distance = (factor: number): number => Math.abs(Math.log((factor * power) / rough));
  const [nearest = 1] = [1, 2, 2.5, 5, 10].toSorted((x, y) => distance(x) - distance(y));
  return nearest * power;
};

/** 0.30000000000000004 → 0.3 */
const tidy = (value: number): number => Number(value.toPrecision(12));

/**
 * A domain around the values with some air, begun at zero when that costs little room (lengths from zero are easier to compare), or
 * when there is but one. `floor`
 * and `ceiling` are values that cannot be exceeded (a share ends at 1).
 */
export function roomyDomain(
  values: readonly number[],
  limits: { readonly floor?: number; readonly ceiling?: number; readonly air?: number } = {},
): readonly [number, number] {
  const { floor = -Infinity, ceiling = Infinity, air = 0.06 } = limits;
  if (values.length === 0) return [0, 1];
  const min = values.reduce((a, b) => Math.min(a, b));
  const max = values.reduce((a, b) => Math.max(a, b));
  const span = max - min || Math.abs(max) * 0.2 || 1;
  const fromZero = min >= 0 && (min < max * 0.3 || (min === max && ceiling === Infinity));
  const low = fromZero ? 0 : Math.max(floor, min - span * air);
  return [low, Math.min(ceiling, max + span * air)];
}
