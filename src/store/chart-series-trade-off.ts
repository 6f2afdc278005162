import { activeSteps, type Recipe } from '../engine/forms.ts';
import type { Measurements } from '../engine/index.ts';
import { isLanguageModel } from './continuation.ts';
import { type Known, selectHeadline } from './headline.ts';
import { memo } from './memo.ts';
import { paretoFront } from './pareto-front.ts';
import { selectComparable, selectCurrent } from './points.ts';
import { heightOf, qualityAxes, type QualityAxis } from './quality-axis.ts';
import type { Point, StudioState } from './state.ts';

/** What a variant costs, and how good it is: the two axes of the trade-off. */
export const costAxes = ['latency', 'size', 'macs', 'params'] as const;
export type CostAxis = (typeof costAxes)[number];

export interface TradeOffSeries {
  /** Measured points only, in the order they were first measured. */
  readonly points: readonly TradeOffPoint[];
  /** Keys along the Pareto front, cheapest first. */
  readonly front: readonly string[];
  /** Where the recipe on screen will probably be; undefined once it is measured. */
  readonly estimate: { readonly cost: number; readonly quality: number } | undefined;
  /** Points under the present conditions that lack one of the two numbers so far. */
  readonly lacking: number;
  /** Points measured under other conditions: not comparable, so not shown. */
  readonly elsewhere: number;
}

export interface TradeOffPoint {
  readonly key: string;
  readonly role: 'original' | 'current' | 'other';
  readonly recipe: Recipe;
  readonly measurements: Measurements;
  readonly cost: number;
  readonly quality: number;
  /** 95 % interval of the quality, where it has one. */
  readonly low: number | undefined;
  readonly high: number | undefined;
  readonly onFront: boolean;
}

const costs: Readonly<Record<CostAxis, (measurements: Measurements) => number | undefined>> = {
  latency: ({ latency }) => latency?.p50Ms,
  size: ({ size }) => size.sizeBytes,
  macs: ({ size }) => size.macs,
  params: ({ size }) => size.params,
};

export const costOf = (measurements: Measurements, axis: CostAxis): number | undefined =>
  costs[axis](measurements);

export interface QualityValue {
  readonly value: number;
  readonly low: number | undefined;
  readonly high: number | undefined;
}

const plain = (value: number | undefined): QualityValue | undefined =>
  value === undefined || !Number.isFinite(value)
    ? undefined
    : { value, low: undefined, high: undefined };

/** The original agrees with itself by definition; its SQNR is infinite and has no place on an axis. */
const qualities: Readonly<Record<QualityAxis, (point: Point) => QualityValue | undefined>> = {
  accuracy({ evaluation }) {
    const { accuracy } = evaluation.measurements;
    return accuracy && { value: accuracy.value, low: accuracy.low, high: accuracy.high };
  },
  perplexity({ evaluation }) {
    const { perplexity } = evaluation.measurements;
    return plain(perplexity?.value) && perplexity;
  },
  agreement: (point) =>
    plain(isOriginal(point) ? 1 : point.evaluation.measurements.fidelity?.top1Agreement),
  sqnr: ({ evaluation }) => plain(evaluation.measurements.fidelity?.sqnrDb),
};

export const qualityOf = (point: Point, axis: QualityAxis): QualityValue | undefined =>
  qualities[axis](point);

export const isOriginal = (point: Point): boolean =>
  activeSteps(point.evaluation.recipe).length === 0;

/** Axes that have anything to show, best first. */
export const selectQualityAxes = memo(
  (state: StudioState) => [state.points, state.settings, state.data] as const,
  (state): readonly QualityAxis[] => {
    const points = selectComparable(state).filter((point) => !isOriginal(point));
    const known = qualityAxes.filter((axis) => points.some((point) => qualityOf(point, axis)));
    const first: QualityAxis = isLanguageModel(state)
      ? 'perplexity'
      : state.data?.labelled === false
        ? 'agreement'
        : 'accuracy';
    return known.length === 0 ? [first] : known;
  },
);

export const selectCostAxes = memo(
  (state: StudioState) => [state.points, state.settings, state.data] as const,
  (state): readonly CostAxis[] => {
    const points = selectComparable(state);
    const always = (axis: CostAxis): boolean => axis === 'latency' || axis === 'size';
    return costAxes.filter(
      (axis) =>
        always(axis) ||
        points.some((point) => costOf(point.evaluation.measurements, axis) !== undefined),
    );
  },
);

export const selectTradeOff = (cost: CostAxis, quality: QualityAxis) =>
  memo(
    (state: StudioState) =>
      [
        state.points,
        state.history.present,
        state.settings,
        state.data,
        state.plan,
        state.model,
      ] as const,
    (state): TradeOffSeries => tradeOff(state, cost, quality),
  );

function tradeOff(state: StudioState, cost: CostAxis, quality: QualityAxis): TradeOffSeries {
  const comparable = selectComparable(state);
  const current = selectCurrent(state);
  const anchorMs = anchorOf(comparable, current);
  const placed = comparable.flatMap((point): TradeOffPoint[] => {
    const { recipe, measurements } = point.evaluation;
    const x = cost === 'latency' ? pairedMs(point, anchorMs) : costOf(measurements, cost);
    const y = qualityOf(point, quality);
    if (x === undefined || y === undefined) return [];
    const role = isOriginal(point) ? 'original' : point.key === current?.key ? 'current' : 'other';
    const { key } = point;
    return [
      {
        key,
        role,
        recipe,
        measurements,
        cost: x,
        quality: y.value,
        low: y.low,
        high: y.high,
        onFront: false,
      },
    ];
  });
  const heights = placed.map((point) => ({ ...point, quality: heightOf(quality, point.quality) }));
  const front = paretoFront(heights).map((point) => point.key);
  const onFront = new Set(front);
  const isMeasured = placed.some((point) => point.key === current?.key);
  return {
    points: placed.map((point) => ({ ...point, onFront: onFront.has(point.key) })),
    front,
    estimate: isMeasured ? undefined : estimateNow(state, cost, quality),
    lacking: comparable.length - placed.length,
    elsewhere: state.points.length - comparable.length,
  };
}

/** The original's latency that all others are set against: of the rounds of the variant on screen, else its own. */
const anchorOf = (points: readonly Point[], current: Point | undefined): number | undefined =>
  current?.evaluation.measurements.latency?.reference?.p50Ms ??
  points.find(isOriginal)?.evaluation.measurements.latency?.p50Ms;

/**
 * Where a point lies along the latency axis. Variants are measured at different times, between which a machine gets faster and slower;
 * what holds is each one's ratio to the original of the same rounds. So each is placed by that ratio, and the axis is that of
 * the variant on screen.
 */
function pairedMs(point: Point, anchorMs: number | undefined): number | undefined {
  const { latency } = point.evaluation.measurements;
  if (latency === undefined || anchorMs === undefined) return latency?.p50Ms;
  if (isOriginal(point)) return anchorMs;
  return latency.reference === undefined
    ? latency.p50Ms
    : (latency.p50Ms / latency.reference.p50Ms) * anchorMs;
}

/** Both numbers of the recipe on screen, at least one of them guessed. */
function estimateNow(
  state: StudioState,
  cost: CostAxis,
  quality: QualityAxis,
): TradeOffSeries['estimate'] {
  const headline = selectHeadline(state);
  if (headline.unchanged || quality !== headline.quality.kind) return undefined;
  const x = costNow(state, cost);
  const y = valueOf(headline.quality.after);
  return x === undefined || y === undefined ? undefined : { cost: x, quality: y };
}

function costNow(state: StudioState, cost: CostAxis): number | undefined {
  const headline = selectHeadline(state);
  if (cost === 'latency') return valueOf(headline.latency.after);
  if (cost === 'size') return valueOf(headline.size.after);
  return state.plan?.recipe === state.history.present ? state.plan.predicted[cost] : undefined;
}

const valueOf = (known: Known): number | undefined =>
  known.kind === 'waiting' ? undefined : known.value;
