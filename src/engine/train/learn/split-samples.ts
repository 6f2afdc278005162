import { permutation, type Rng } from '../../core/index.ts';

export interface SampleSplit {
  /** Both in ascending order. */
  readonly train: Uint32Array;
  readonly validation: Uint32Array;
}

/**
 * Splits samples 0..count-1 at random; with labels, every class in its share (largest remainders), so that a rare class is not left out by
 * chance. A share above 0 gives at least one sample for validation and leaves at least one for training.
 */
export function splitSamples(
  count: number,
  labels: Int32Array | undefined,
  share: number,
  rng: Rng,
): SampleSplit {
  const wanted =
    share === 0 || count < 2 ? 0 : Math.min(count - 1, Math.max(1, Math.round(share * count)));
  const groups = groupsOf(count, labels);
  const quotas = quotasOf(
    groups.map((group) => group.length),
    wanted,
  );
  const chosen = new Set<number>();
  groups.forEach((group, i) => {
    const order = permutation(group.length, rng.fork(`class ${i}`));
    for (const at of order.subarray(0, quotas[i])) chosen.add(group[at] as number);
  });
  const all = Array.from({ length: count }, (_, i) => i);
  return {
    train: Uint32Array.from(all.filter((i) => !chosen.has(i))),
    validation: Uint32Array.from(all.filter((i) => chosen.has(i))),
  };
}

function groupsOf(count: number, labels: Int32Array | undefined): number[][] {
  const groups = new Map<number, number[]>();
  for (let i = 0; i < count; i++) {
    const label = labels?.[i] ?? 0;
    const group = groups.get(label);
    if (group === undefined) groups.set(label, [i]);
    else group.push(i);
  }
  return [...groups].toSorted(([a], [b]) => a - b).map(([, group]) => group);
}

function quotasOf(sizes: readonly number[], wanted: number): number[] {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const exact = sizes.map((size) => (size * wanted) / total);
  const quotas = exact.map(Math.floor);
  const missing = wanted - quotas.reduce((sum, quota) => sum + quota, 0);
  const byRemainder = exact
    .map((share, group) => ({ group, remainder: share - Math.floor(share) }))
    .toSorted((a, b) => b.remainder - a.remainder || a.group - b.group);
  for (const { group } of byRemainder.slice(0, missing)) quotas[group] = (quotas[group] ?? 0) + 1;
  return quotas;
}
