import { createRng, EngineError, permutation } from '../core/index.ts';
import type { Dataset } from './dataset.ts';

/**
 * Which samples measure, which calibrate, which train: disjoint, seeded, and stratified where there are labels (each class keeps
 * its share, by the largest remainder). The split is part of a Measurement: what measures is never seen by calibration or training.
 */
export interface SplitRequest {
  readonly seed: number;
  readonly measure: number;
  readonly calibration: number;
  readonly train: number;
}

export interface Split {
  readonly seed: number;
  readonly measure: Uint32Array;
  readonly calibration: Uint32Array;
  readonly train: Uint32Array;
}

/**
 * Splits `count` samples. With too few for everything asked, measuring comes first, but leaves a tenth (at least one
 * sample) to calibration when calibration is asked for; then calibration, then training get what is left.
 */
export function splitIndices(
  count: number,
  labels: Int32Array | undefined,
  request: SplitRequest,
): Split {
  const order = stratifiedOrder(indexRange(0, count), labels, request.seed);
  const { measure, calibration, train } = shares(count, request);
  return {
    seed: request.seed,
    measure: order.slice(0, measure),
    calibration: order.slice(measure, measure + calibration),
    train: order.slice(measure + calibration, measure + calibration + train),
  };
}

/** The same, where a source's own test part is the only one that measures and never does anything else. */
export function splitDataset(
  dataset: Pick<Dataset, 'count' | 'labels' | 'testFrom'>,
  request: SplitRequest,
): Split {
  const { count, labels, testFrom } = dataset;
  if (testFrom === undefined) return splitIndices(count, labels, request);
  const test = stratifiedOrder(indexRange(testFrom, count), labels, request.seed);
  const rest = stratifiedOrder(indexRange(0, testFrom), labels, request.seed);
  return {
    seed: request.seed,
    measure: test.slice(0, request.measure),
    calibration: rest.slice(0, request.calibration),
    train: rest.slice(request.calibration, request.calibration + request.train),
  };
}

function shares(
  count: number,
  { measure, calibration, train }: SplitRequest,
): { measure: number; calibration: number; train: number } {
  if ([measure, calibration, train].some((n) => !Number.isInteger(n) || n < 0))
    throw new EngineError('argument/invalid', {
      where: 'split',
      detail: `${measure}, ${calibration}, ${train} are not counts`,
    });
  const wanted = calibration + train;
  const kept = wanted > 0 ? Math.min(wanted, Math.max(1, Math.floor(count / 10))) : 0;
  const first = Math.min(measure, Math.max(0, count - kept));
  const second = Math.min(calibration, count - first);
  return { measure: first, calibration: second, train: Math.min(train, count - first - second) };
}

const indexRange = (from: number, to: number): Uint32Array =>
  Uint32Array.from({ length: to - from }, (_, i) => from + i);

/**
 * A seeded order in which every prefix has each class in about its share: within a class samples are shuffled, and the k-th of n
 * samples of a class stands at (k + ½ ± jitter) ÷ n.
 */
function stratifiedOrder(
  indices: Uint32Array,
  labels: Int32Array | undefined,
  seed: number,
): Uint32Array {
  const rng = createRng(seed).fork('split');
  const shuffled = permutation(indices.length, rng).map((i) => indices[i] as number);
  if (labels === undefined) return shuffled;
  const totals = new Map<number, number>();
  for (const index of shuffled)
    totals.set(labels[index] as number, (totals.get(labels[index] as number) ?? 0) + 1);
  const seen = new Map<number, number>();
  const offsets = new Map(
    [...totals.keys()].toSorted((a, b) => a - b).map((label) => [label, rng.next()]),
  );
  const keyed = Array.from(shuffled, (index) => {
    const label = labels[index] as number;
    const k = seen.get(label) ?? 0;
    seen.set(label, k + 1);
    return { index, at: (k + (offsets.get(label) ?? 0)) / (totals.get(label) ?? 1) };
  });
  return Uint32Array.from(
    keyed.toSorted((a, b) => a.at - b.at || a.index - b.index),
    ({ index }) => index,
  );
}
