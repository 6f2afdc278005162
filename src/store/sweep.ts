import type { Recipe } from '../engine/forms.ts';
import type { Wanted } from '../worker/protocol.ts';
import {
  type BitWidth,
  bitsDial,
  pruningDial,
  type Remembered,
  setBits,
  setPruning,
} from './dials.ts';
import { lacks, pointOf } from './points.ts';
import { refusesNow } from './refuses-now.ts';
import { emptyRecipe, type StudioState } from './state.ts';
import { hasTraining, trainedPart, waitsForTraining } from './training.ts';

/**
 * What is worth measuring while nobody asks: the accuracy curve over the pruning ratio and over the bit-width, the other
 * steps of the recipe as they are, so that the curve goes through the variant on screen. Coarse points first. Around that: what the
 * figures on screen still lack (profile for the verdicts, the whole latency protocol, the noise of A against A).
 */
export interface BackgroundTask {
  readonly what: 'sweep' | 'refine';
  readonly recipe: Recipe;
  readonly wanted: readonly Wanted[];
  readonly quick: boolean;
}

const coarseRatios = [0.5, 0.25, 0.75, 0.9] as const;
const fineRatios = [0.4, 0.6, 0.1, 0.8, 0.33, 0.67, 0.85, 0.95] as const;
const coarseBits: readonly BitWidth[] = [8, 4, 2];
const fineBits: readonly BitWidth[] = [16, 3];

/** All recipes of the sweep around `recipe`, coarse ones first. Fixed patterns have no ratio to sweep. */
export function sweepRecipes(
  recipe: Recipe,
  remembered: Remembered,
  coarseOnly: boolean,
): Recipe[] {
  const dial = pruningDial(recipe, remembered);
  const ratios = (values: readonly number[]): Recipe[] =>
    dial.fixed
      ? []
      : values
          .filter((ratio) => ratio <= dial.max)
          .map((ratio) => setPruning(recipe, remembered, ratio).recipe);
  const bits = (values: readonly number[]): Recipe[] =>
    values
      .filter((width) => width !== bitsDial(recipe).bits)
      .map((width) => setBits(recipe, remembered, width).recipe);
  const coarse = interleave(ratios(coarseRatios), bits(coarseBits));
  return coarseOnly ? coarse : [...coarse, ...interleave(ratios(fineRatios), bits(fineBits))];
}

function interleave<T>(a: readonly T[], b: readonly T[]): T[] {
  const longer = Math.max(a.length, b.length);
  return Array.from({ length: longer }, (_, i) => [
    ...a.slice(i, i + 1),
    ...b.slice(i, i + 1),
  ]).flat();
}

/** Where the sweep stands, and the next task. `failed` holds keys that failed once: they are not tried again. */
export interface SweepStand {
  readonly next: BackgroundTask | undefined;
  readonly done: number;
  readonly total: number;
}

export interface SweepLimits {
  readonly coarseOnly: boolean;
  readonly failed: ReadonlySet<string>;
}

export const taskKey = (order: BackgroundTask): string =>
  JSON.stringify([order.recipe, order.wanted, order.quick]);

export function sweepStand(state: StudioState, limits: SweepLimits): SweepStand {
  const { history, remembered } = state;
  const recipe = history.present;
  const recipes = measurable(state, sweepRecipes(recipe, remembered, limits.coarseOnly));
  const sweep = recipes.map((each) => task(state, 'sweep', each, ['accuracy'], true));
  const isOriginal =
    !recipe.steps.some((step) => step.off !== true) || waitsForTraining(state) || refusesNow(state);
  const tasks = [
    task(state, 'refine', emptyRecipe, ['gzip', 'profile'], true),
    ...(isOriginal ? [] : [task(state, 'refine', recipe, ['gzip', 'profile'], true)]),
    ...sweep.slice(0, 7),
    fullLatency(state, isOriginal ? emptyRecipe : recipe),
    ...sweep.slice(7),
    ...recipes.map((each) => task(state, 'sweep', each, ['latency'], true)),
  ];
  const open = tasks.filter((each) => each !== undefined && !limits.failed.has(taskKey(each)));
  return { next: open[0], done: tasks.length - open.length, total: tasks.length };
}

/** Nothing is trained unasked: of recipes that train only those remain whose training is the finished one of the recipe on screen. */
export function measurable(state: StudioState, recipes: readonly Recipe[]): Recipe[] {
  const { present } = state.history;
  const isTrained = hasTraining(present) && !waitsForTraining(state);
  const part = trainedPart(present);
  return recipes.filter(
    (recipe) => !hasTraining(recipe) || (isTrained && trainedPart(recipe) === part),
  );
}

function task(
  state: StudioState,
  what: BackgroundTask['what'],
  recipe: Recipe,
  wanted: readonly Wanted[],
  quick: boolean,
): BackgroundTask | undefined {
  const missing = lacks(pointOf(state, recipe), wanted);
  return missing.length === 0 ? undefined : { what, recipe, wanted: missing, quick };
}

function fullLatency(state: StudioState, recipe: Recipe): BackgroundTask | undefined {
  const point = pointOf(state, recipe);
  if (point?.protocol === 'full') return undefined;
  return { what: 'refine', recipe, wanted: ['latency', 'noise', 'profile'], quick: false };
}
