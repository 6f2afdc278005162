import { recipeKey, type Recipe } from '../engine/forms.ts';
import type { Measurements } from '../engine/index.ts';
import { qualityOf, type QualityValue } from './chart-series-trade-off.ts';
import {
  bitsDial,
  bitWidths,
  type Family,
  familyIndex,
  pruningDial,
  setBits,
  setPruning,
} from './dials.ts';
import { memo } from './memo.ts';
import { pointOf, selectComparable, selectOriginal } from './points.ts';
import type { QualityAxis } from './quality-axis.ts';
import type { StudioState } from './state.ts';
import { measurable, sweepRecipes } from './sweep.ts';

/**
 * Quality along one dial, everything else of the recipe as it is on screen: the curve goes through the variant on screen. Only
 * measured points; where none is yet, the place is named in `missing`.
 */
export interface SweepCurve {
  readonly kind: 'curve';
  readonly points: readonly SweepPoint[];
  readonly missing: readonly number[];
  /** Where the dial stands. */
  readonly now: number;
}
/**
 * `fixed`: the pattern itself says how much goes. `off`: the step is switched off, so its dial moves nothing. `trains`: every
 * other place of the dial would have to be trained first.
 */
export type Sweep = SweepCurve | { readonly kind: 'fixed' | 'off' | 'trains' };

export interface SweepPoint {
  readonly key: string;
  /** Share pruned, or bits. */
  readonly at: number;
  readonly quality: QualityValue;
  readonly recipe: Recipe;
  readonly measurements: Measurements;
  readonly isNow: boolean;
}

export interface SweepSeries {
  readonly ratio: Sweep;
  readonly bits: Sweep;
  readonly baseline: QualityValue | undefined;
  /** The sweep is at work on the missing points. */
  readonly filling: boolean;
}

export const selectSweep = (quality: QualityAxis) =>
  memo(
    (state: StudioState) =>
      [
        state.points,
        state.history.present,
        state.remembered,
        state.settings,
        state.data,
        state.plan,
        state.background.kind,
      ] as const,
    (state): SweepSeries => {
      const original = selectOriginal(state);
      return {
        ratio: ratioSweep(state, quality),
        bits: bitsSweep(state, quality),
        baseline: original === undefined ? undefined : qualityOf(original, quality),
        filling: state.background.kind === 'running' && state.background.what === 'sweep',
      };
    },
  );

function ratioSweep(state: StudioState, quality: QualityAxis): Sweep {
  const { history, remembered } = state;
  const recipe = history.present;
  const dial = pruningDial(recipe, remembered);
  if (isOff(recipe, 'prune')) return { kind: 'off' };
  if (dial.fixed) return { kind: 'fixed' };
  const at = (ratio: number): Recipe => setPruning(recipe, remembered, ratio).recipe;
  const planned = sweepRecipes(recipe, remembered, false)
    .map((each) => pruningDial(each, remembered).ratio)
    .filter((ratio) => ratio > 0);
  // What the person measured by hand lies on the curve as well.
  const byHand = selectComparable(state)
    .map((point) => point.evaluation.recipe)
    .filter((other) => {
      const step = other.steps[familyIndex(other, 'prune')];
      const ratio = step?.['ratio'];
      return typeof ratio === 'number' && recipeKey(at(ratio)) === recipeKey(other);
    })
    .map((other) => pruningDial(other, remembered).ratio);
  return trained(state, [0, ...planned], dial.ratio, at, byHand, (places) =>
    curve(state, quality, places, dial.ratio, at),
  );
}

function bitsSweep(state: StudioState, quality: QualityAxis): Sweep {
  const { history, remembered } = state;
  const recipe = history.present;
  if (isOff(recipe, 'quantize')) return { kind: 'off' };
  const at = (bits: number): Recipe => setBits(recipe, remembered, bits).recipe;
  const now = bitsDial(recipe).bits;
  // A width that no method offers leaves the recipe as it is.
  const offered = bitWidths.filter((bits) => bits === now || bitsDial(at(bits)).bits === bits);
  const atOrNow = (bits: number): Recipe => (bits === now ? recipe : at(bits));
  return trained(state, offered, now, atOrNow, [], (places) =>
    curve(state, quality, places, now, atOrNow),
  );
}

/** Leaves out the places that would have to be trained, and the curve where too little of it is left. */
function trained(
  state: StudioState,
  places: readonly number[],
  now: number,
  at: (place: number) => Recipe,
  byHand: readonly number[],
  draw: (places: readonly number[]) => SweepCurve,
): Sweep {
  const others = places.filter((place) => place !== now);
  const open = others.filter((place) => measurable(state, [at(place)]).length > 0);
  const known = byHand.filter((place) => place !== now);
  if (others.length > 0 && open.length === 0 && known.length === 0) return { kind: 'trains' };
  return draw([now, ...open, ...known]);
}

const isOff = (recipe: Recipe, family: Family): boolean =>
  recipe.steps[familyIndex(recipe, family)]?.off === true;

function curve(
  state: StudioState,
  quality: QualityAxis,
  places: readonly number[],
  now: number,
  at: (place: number) => Recipe,
): SweepCurve {
  const points: SweepPoint[] = [];
  const missing: number[] = [];
  for (const place of [...new Set(places)].toSorted((a, b) => a - b)) {
    const recipe = at(place);
    const point = pointOf(state, recipe);
    const value = point === undefined ? undefined : qualityOf(point, quality);
    if (point === undefined || value === undefined) {
      missing.push(place);
      continue;
    }
    const { key, evaluation } = point;
    const { measurements } = evaluation;
    points.push({ key, at: place, quality: value, recipe, measurements, isNow: place === now });
  }
  return { kind: 'curve', points, missing, now };
}
