import { ok, type Result } from '../../core/index.ts';
import { countNonzero } from '../../analysis/index.ts';
import type { Model, Value } from '../../graph/index.ts';
import type { PlanContext, Planned, Predicted, Skipped, WeightStatistics } from '../method.ts';
import { blankNonzero, blankTensor, isBlank } from '../shared/blank-tensor.ts';
import { predictSizeChange } from '../shared/predict-size.ts';
import { mainReason, refuse, skippedNode } from '../shared/refuse.ts';
import { replaceWeights } from '../shared/replace-weights.ts';
import { weightTargets, type WeightTarget } from '../shared/weight-targets.ts';
import { binEdge, binOf, type Bin } from './cutoff.ts';
import { patterns, type PruneWeightsOptions } from './options.ts';
import { countDroppedNonzero, type GroupShape } from './pattern-groups.ts';

/**
 * Magnitude pruning (Han et al. 2015, arXiv:1506.02626): the smallest |w| become zero. `round(ratio × weights)` of them are zero
 * afterwards, exactly; zeros that were there before count first, for they are the smallest. Parameters, MACs and the bytes of
 * a dense file do not change: what falls is the number of non-zero parameters, and with it the file after gzip.
 */
export type PruneWeightsPlan = {
  /** Constants that are written anew; all others stay the objects they are. */
  readonly rewritten: ReadonlySet<Value>;
} & (
  | { readonly kind: 'magnitude'; readonly selections: readonly Selection[] }
  | { readonly kind: 'pattern'; readonly groups: readonly PatternTarget[] }
);

/** `k` weights of these targets together become zero. */
export interface Selection {
  readonly targets: readonly WeightTarget[];
  readonly k: number;
  /** undefined: nothing to do, or the weights are not known yet. */
  readonly bin: Bin | undefined;
}

export interface PatternTarget {
  readonly target: WeightTarget;
  readonly shape: GroupShape;
}

export function plan(
  model: Model,
  options: PruneWeightsOptions,
  context: PlanContext,
): Result<Planned<PruneWeightsPlan>> {
  const found = weightTargets(model, context.statistics, options.keep);
  const { targets, skipped } =
    options.pattern === 'unstructured'
      ? found
      : divisible(found.targets, found.skipped, options.pattern);
  if (targets.length === 0)
    return refuse('prune-weights', `no layer can be pruned: ${mainReason(skipped)}`);
  const made =
    options.pattern === 'unstructured'
      ? planMagnitude(targets, options, context.statistics)
      : planPattern(targets, options.pattern, context.statistics);
  const total = targets.reduce((sum, { count }) => sum + count, 0);
  const blank = targets.some(({ tensor }) => isBlank(tensor));
  const preview = (): Model =>
    replaceWeights(
      model,
      made.changed.map(({ value, tensor }) => [value, blankTensor(tensor.dtype, tensor.dims)]),
    );
  const predicted: Predicted = {
    weightBytes: predictSizeChange(model, preview()),
    ...(blank ? {} : { nonzeroParams: countNonzero(model) - made.newZeros }),
  };
  return ok({
    plan: made.plan,
    predicted,
    summary: {
      zeroWeights: made.zeros,
      weights: total,
      newZeros: made.newZeros,
      layers: targets.length,
      ...(made.threshold === undefined ? {} : { threshold: made.threshold }),
    },
    preview,
    skipped,
  });
}

const valuesOf = (targets: readonly WeightTarget[]): Set<Value> =>
  new Set(targets.map(({ value }) => value));

interface Made {
  readonly plan: PruneWeightsPlan;
  /** Zeros among the targets afterwards, and how many of them are new. */
  readonly zeros: number;
  readonly newZeros: number;
  /** Targets of which at least one weight becomes zero. */
  readonly changed: readonly WeightTarget[];
  readonly threshold?: number;
}

function planMagnitude(
  targets: readonly WeightTarget[],
  options: PruneWeightsOptions,
  statistics: WeightStatistics,
): Made {
  const sets = options.scope === 'global' ? [targets] : targets.map((target) => [target]);
  const selections = sets.map((set): Selection & { before: number } => {
    const count = set.reduce((sum, target) => sum + target.count, 0);
    const k = Math.round(options.ratio * count);
    const before = set.reduce((sum, target) => sum + zerosIn(target, statistics), 0);
    const known = !set.some(({ tensor }) => isBlank(tensor));
    const bin = known && k > before ? binOf(set, k, statistics) : undefined;
    return { targets: set, k, before, bin };
  });
  const zeros = selections.reduce((sum, { k, before }) => sum + Math.max(k, before), 0);
  const before = selections.reduce((sum, selection) => sum + selection.before, 0);
  const changed = selections.flatMap((selection) => touched(selection, statistics));
  const bin = selections.length === 1 ? selections[0]?.bin : undefined;
  return {
    plan: { kind: 'magnitude', selections, rewritten: valuesOf(changed) },
    zeros,
    newZeros: zeros - before,
    changed,
    ...(bin === undefined ? {} : { threshold: binEdge(bin.upper) }),
  };
}

/**
 * Targets with a non-zero weight in the bins up to the cutoff; without their numbers, all. The last bin may spare one of
 * them: then it is written anew with equal numbers, so that what the plan says of the file's size stays true.
 */
function touched({ targets, bin }: Selection, statistics: WeightStatistics): WeightTarget[] {
  if (bin === undefined) return targets.filter(({ tensor }) => isBlank(tensor));
  return targets.filter((target) => {
    const histogram = statistics.magnitudeHistogram(target.value);
    let reached = 0;
    for (let i = 0; i <= bin.upper; i++) reached += histogram[i] as number;
    return reached > zerosIn(target, statistics);
  });
}

function planPattern(
  targets: readonly WeightTarget[],
  pattern: keyof typeof patterns,
  statistics: WeightStatistics,
): Made {
  const { n, m } = patterns[pattern];
  let zeros = 0;
  let newZeros = 0;
  const groups = targets.map((target): PatternTarget & { dropped: number } => {
    const shape = { n, m, axis: target.inputAxis };
    const before = zerosIn(target, statistics);
    const dense = before === 0 || isBlank(target.tensor);
    const dropped = dense
      ? (target.count / m) * (m - n)
      : countDroppedNonzero(target.tensor, shape);
    zeros += before + dropped;
    newZeros += dropped;
    return { target, shape, dropped };
  });
  const changed = groups.filter(({ dropped }) => dropped > 0).map(({ target }) => target);
  return {
    plan: { kind: 'pattern', groups, rewritten: valuesOf(changed) },
    zeros,
    newZeros,
    changed,
  };
}

function divisible(
  all: readonly WeightTarget[],
  skipped: readonly Skipped[],
  pattern: keyof typeof patterns,
): { targets: WeightTarget[]; skipped: Skipped[] } {
  const { m } = patterns[pattern];
  const targets: WeightTarget[] = [];
  const left = [...skipped];
  for (const target of all) {
    const length = target.tensor.dims[target.inputAxis] ?? 0;
    const node = target.sites[0]?.node;
    if (length % m === 0) targets.push(target);
    else if (node)
      left.push(skippedNode(node, `its ${length} input channels are no multiple of ${m}`));
  }
  return { targets, skipped: left };
}

/** For a preview's weight whose zeros are not known, 0. */
const zerosIn = ({ value, tensor, count }: WeightTarget, statistics: WeightStatistics): number =>
  count - (isBlank(tensor) ? (blankNonzero(tensor) ?? count) : statistics.nonzero(value));
