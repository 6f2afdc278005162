import { recipeKey, type Recipe, type VerdictCode } from '../engine/forms.ts';
import type { Measurements, Verdict } from '../engine/index.ts';
import type { Evaluation, Settings, Wanted } from '../worker/protocol.ts';
import { emptyRecipe, type Point, type StudioState } from './state.ts';

/**
 * Measured points: a recipe measured under conditions. Two numbers may only be compared when their conditions are equal, so the
 * conditions are part of the key.
 */
export const pointKey = (
  recipe: Recipe,
  settings: Settings,
  dataset: string | undefined,
): string => {
  const { backend, threads, samples, dims } = settings;
  const sizes = Object.entries(dims).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([recipeKey(recipe), backend, threads, samples, sizes, dataset ?? null]);
};

export const keyNow = (state: StudioState, recipe: Recipe): string =>
  pointKey(recipe, state.settings, state.data?.name);

const find = (state: StudioState, key: string): Point | undefined =>
  state.points.find((point) => point.key === key);

export const pointOf = (state: StudioState, recipe: Recipe): Point | undefined =>
  find(state, keyNow(state, recipe));

/** The original, measured under the present conditions. */
export const selectOriginal = (state: StudioState): Point | undefined =>
  pointOf(state, emptyRecipe);

/** The point of the recipe on screen, as far as it is measured; undefined while nothing of it is. */
export const selectCurrent = (state: StudioState): Point | undefined =>
  pointOf(state, state.history.present);

/** Points that may be compared with the original: measured under the present conditions. */
export function selectComparable(state: StudioState): Point[] {
  return state.points.filter((point) => {
    const { recipe } = point.evaluation;
    return point.key === keyNow(state, recipe);
  });
}

export const lacks = (point: Point | undefined, wanted: readonly Wanted[]): Wanted[] =>
  point === undefined ? [...wanted] : wanted.filter((each) => !point.measured.includes(each));

/** What one evaluation adds to a point: numbers known before stay where the new one has none. */
export interface Addition {
  readonly key: string;
  readonly origin: Point['origin'];
  readonly evaluation: Evaluation;
  readonly measured: readonly Wanted[];
  readonly full: boolean;
}

export function addToPoints(points: readonly Point[], addition: Addition): Point[] {
  const index = points.findIndex((point) => point.key === addition.key);
  const before = points[index];
  if (before === undefined) {
    const { key, origin, evaluation, measured, full } = addition;
    return [
      ...points,
      { key, origin, evaluation, measured, live: true, protocol: full ? 'full' : 'quick' },
    ];
  }
  const next = [...points];
  next[index] = merge(before, addition);
  return next;
}

function merge(before: Point, addition: Addition): Point {
  const { evaluation, measured, full } = addition;
  const sameBytes = before.evaluation.hash === evaluation.hash;
  const measurements = sameBytes
    ? {
        ...mergeMeasurements(
          before.evaluation.measurements,
          evaluation.measurements,
          before.protocol === 'full' && !full,
        ),
        verdicts: mergeVerdicts(before.evaluation.measurements.verdicts, addition),
      }
    : evaluation.measurements;
  return {
    key: before.key,
    // Once the person asked for it, it stays theirs.
    origin: before.origin === 'user' || addition.origin === 'user' ? 'user' : before.origin,
    evaluation: { ...evaluation, measurements },
    measured: sameBytes ? [...new Set([...before.measured, ...measured])] : measured,
    protocol: full || (sameBytes && before.protocol === 'full') ? 'full' : 'quick',
    live: true,
  };
}

function mergeMeasurements(
  before: Measurements,
  after: Measurements,
  keepLatency: boolean,
): Measurements {
  return {
    size: { ...after.size, gzipBytes: after.size.gzipBytes ?? before.size.gzipBytes },
    // A quick measurement never replaces one of the whole protocol.
    latency: keepLatency ? (before.latency ?? after.latency) : (after.latency ?? before.latency),
    accuracy: after.accuracy ?? before.accuracy,
    top5: after.top5 ?? before.top5,
    perplexity: after.perplexity ?? before.perplexity,
    fidelity: after.fidelity ?? before.fidelity,
    verdicts: after.verdicts,
  };
}

/** Verdicts that are read off the profile: an evaluation that took none says nothing about them. */
const profileCodes: ReadonlySet<VerdictCode> = new Set([
  'fell-back-to-cpu',
  'ran-in-float',
  'fused-int8',
  'copies-between-devices',
]);

function mergeVerdicts(
  before: readonly Verdict[],
  { evaluation, measured }: Addition,
): readonly Verdict[] {
  const after = evaluation.measurements.verdicts;
  // Partial results come before anything was judged.
  if (measured.length === 0 && after.length === 0) return before;
  if (measured.includes('profile')) return after;
  const told = new Set(after.map(({ code }) => code));
  return [...after, ...before.filter(({ code }) => profileCodes.has(code) && !told.has(code))];
}

/** After a worker was replaced, or a reload: the numbers stay true, the variants behind them are gone. */
export const withoutVariants = (points: readonly Point[]): Point[] =>
  points.map((point) => ({ ...point, live: false }));
