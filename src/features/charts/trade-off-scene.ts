import {
  type CostAxis,
  costOf,
  type QualityAxis,
  type TradeOffPoint,
  type TradeOffSeries,
} from '../../store/index.ts';
import type { Words } from '../../ui/index.ts';
import {
  type ChartTable,
  type Curve,
  type Mark,
  roomyDomain,
  type Rule,
  type XYScene,
} from '../../ui/charts/index.ts';
import { pointRows, rangeWords } from './point-rows.ts';
import { formatQuantity, quantityAxis } from './quantity.ts';
import { recipeWords } from './recipe-words.ts';

/** The trade-off in words and marks. */
export interface TradeOffOrder {
  readonly series: TradeOffSeries;
  readonly cost: CostAxis;
  readonly quality: QualityAxis;
  readonly words: Words;
  /** Only what lies near the original; the rest are arrows on the floor. */
  readonly near: boolean;
  readonly ticks: { readonly x: number; readonly y: number };
}

/** Points this far (as a share) below the original are outside the near range. */
const nearBy = 0.1;

export const originalOf = (series: TradeOffSeries): TradeOffPoint | undefined =>
  series.points.find((point) => point.role === 'original');

/** How many points the near range would leave below; 0: there is nothing to zoom. */
export function countBelow({ series, quality }: Pick<TradeOffOrder, 'series' | 'quality'>): number {
  const original = originalOf(series);
  if (original === undefined || quality === 'sqnr') return 0;
  return series.points.filter((point) => point.quality < original.quality - nearBy).length;
}

export function tradeOffScene(order: TradeOffOrder): XYScene {
  const { series, cost, quality, words, near, ticks } = order;
  const { t, language } = words;
  const xs = [
    ...series.points.map((point) => point.cost),
    ...(series.estimate ? [series.estimate.cost] : []),
  ];
  const x = roomyDomain(xs);
  const y = qualityDomain(order, near && countBelow(order) > 0);
  const names = { cost: t(`charts.axis.${cost}`), quality: t(`charts.axis.${quality}`) };
  return {
    name: t('charts.tradeOff.title', names),
    x: quantityAxis({ quantity: cost, name: names.cost, domain: x, count: ticks.x, language }),
    y: quantityAxis({
      quantity: quality,
      name: names.quality,
      domain: y,
      count: ticks.y,
      language,
    }),
    marks: series.points.map((point) => markOf(point, order)),
    curves: frontCurve(series, x[1], words),
    rules: originalRule(series),
    guess:
      series.estimate === undefined
        ? undefined
        : { x: series.estimate.cost, y: series.estimate.quality, label: t('charts.estimate') },
    missing: [],
  };
}

function qualityDomain(
  { series, quality }: TradeOffOrder,
  near: boolean,
): readonly [number, number] {
  const limits = quality === 'sqnr' ? { floor: 0 } : { floor: 0, ceiling: 1 };
  const lowest = near ? (originalOf(series)?.quality ?? 1) - nearBy : Number.NEGATIVE_INFINITY;
  const values = series.points
    .flatMap((point) => [point.quality, point.low ?? point.quality, point.high ?? point.quality])
    .filter((value) => value >= lowest);
  if (series.estimate !== undefined) values.push(Math.max(lowest, series.estimate.quality));
  return roomyDomain(values, limits);
}

function markOf(point: TradeOffPoint, { words, cost }: TradeOffOrder): Mark {
  const { key, role, onFront, low, high } = point;
  const costs = [...new Set<CostAxis>(['latency', 'size', cost])];
  return {
    id: key,
    x: point.cost,
    y: point.quality,
    low,
    high,
    tone:
      role === 'original'
        ? 'original'
        : role === 'current'
          ? 'variant'
          : onFront
            ? 'accent'
            : 'quiet',
    shape: role === 'original' ? 'square' : role === 'current' ? 'ring' : 'circle',
    hollow: role === 'other' && !onFront,
    size: role === 'other' ? 'small' : 'large',
    ...(role === 'other'
      ? {}
      : { label: words.t(role === 'original' ? 'charts.original' : 'charts.now') }),
    title: recipeWords(point.recipe, words),
    rows: pointRows(point.measurements, words, costs),
    pickable: role !== 'current',
  };
}

/** A staircase: from one point to the next nothing better was measured; it goes on to the right edge. */
function frontCurve(series: TradeOffSeries, end: number, { t }: Words): Curve[] {
  const byKey = new Map(series.points.map((point) => [point.key, point]));
  const corners = series.front
    .flatMap((key) => byKey.get(key) ?? [])
    .map((point) => ({ x: point.cost, y: point.quality }));
  const last = corners.at(-1);
  if (last === undefined || series.points.length < 2) return [];
  return [
    {
      id: 'front',
      tone: 'accent',
      points: [...corners, { x: end, y: last.y }],
      step: true,
      label: t('charts.front'),
    },
  ];
}

const originalRule = (series: TradeOffSeries): Rule[] => {
  const original = originalOf(series);
  return original === undefined || series.points.length < 2
    ? []
    : [
        // Its name stands beside its point.
        { id: 'original', axis: 'y', at: original.quality, tone: 'original' },
      ];
};

export function tradeOffTable({ series, cost, quality, words }: TradeOffOrder): ChartTable {
  const { t, language } = words;
  const write = formatQuantity[quality];
  const costs = [...new Set<CostAxis>([cost, 'latency', 'size'])];
  const front = new Set(series.front);
  const costColumns = costs.map((axis) => ({ label: t(`charts.axis.${axis}`), numeric: true }));
  return {
    columns: [
      { label: t('charts.recipe'), numeric: false },
      { label: t(`charts.axis.${quality}`), numeric: true },
      { label: t('charts.interval'), numeric: true },
      ...costColumns,
      { label: t('charts.front'), numeric: false },
    ],
    rows: series.points
      .toSorted((a, b) => a.cost - b.cost)
      .map((point) => {
        return {
          id: point.key,
          current: point.role === 'current',
          cells: [
            recipeWords(point.recipe, words),
            write(point.quality, language),
            rangeWords(point.low, point.high, (value) => write(value, language), words),
            ...costs.map((axis) =>
              written(costOf(point.measurements, axis), (value) =>
                formatQuantity[axis](value, language),
              ),
            ),
            front.has(point.key) ? t('charts.frontYes') : '–',
          ],
        };
      }),
  };
}

const written = (value: number | undefined, write: (value: number) => string): string =>
  value === undefined ? '–' : write(value);

/** The one sentence: what the points together say. */
export function tradeOffSummary({ series, cost, quality, words }: TradeOffOrder): string {
  const { t, language } = words;
  const [first] = series.points;
  if (first === undefined) return t('charts.tradeOff.summaryNone');
  const numbers = (point: TradeOffPoint) => ({
    recipe: recipeWords(point.recipe, words),
    quality: formatQuantity[quality](point.quality, language),
    cost: formatQuantity[cost](point.cost, language),
  });
  const original = originalOf(series);
  if (series.points.length === 1 && first === original)
    return t('charts.tradeOff.summaryOriginal', numbers(first));
  const counts = {
    count: series.points.filter((point) => point !== original).length,
    front: series.points.filter((point) => point.onFront && point !== original).length,
  };
  const good = original === undefined || quality === 'sqnr' ? [] : nearlyAsGood(series, original);
  const [best] = good.toSorted((a, b) => a.cost - b.cost);
  return best === undefined
    ? t('charts.tradeOff.summaryPlain', counts)
    : t('charts.tradeOff.summary', { ...counts, ...numbers(best) });
}

const onePoint = 0.01;

const nearlyAsGood = (series: TradeOffSeries, original: TradeOffPoint): TradeOffPoint[] =>
  series.points.filter(
    (point) => point.cost < original.cost && point.quality >= original.quality - onePoint - 1e-9,
  );

export function tradeOffNotes(order: TradeOffOrder): string[] {
  const { series, near, words } = order;
  const { t } = words;
  const below = near ? countBelow(order) : 0;
  const { cost } = order;
  return [
    ...(cost === 'latency' && series.points.length > 1 ? [t('charts.tradeOff.paired')] : []),
    ...(below > 0 ? [t('charts.tradeOff.below', { count: below })] : []),
    ...(series.lacking > 0 ? [t('charts.tradeOff.lacking', { count: series.lacking })] : []),
    ...(series.elsewhere > 0 ? [t('charts.tradeOff.elsewhere', { count: series.elsewhere })] : []),
  ];
}
