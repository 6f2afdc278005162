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
import { marginWords, qualityAxis, qualityScale } from './quality-scale.ts';
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

export const originalOf = (series: TradeOffSeries): TradeOffPoint | undefined =>
  series.points.find((point) => point.role === 'original');

/** How many points the near range would leave below; 0: there is nothing to zoom. */
export function countBelow({ series, quality }: Pick<TradeOffOrder, 'series' | 'quality'>): number {
  const lowest = nearestBelow({ series, quality });
  const { at } = qualityScale(quality);
  return series.points.filter((point) => at(point.quality) < lowest).length;
}

/** The height at which the near range ends. */
function nearestBelow({ series, quality }: Pick<TradeOffOrder, 'series' | 'quality'>): number {
  const original = originalOf(series);
  const { at, nearBy } = qualityScale(quality);
  return original === undefined || nearBy === undefined
    ? Number.NEGATIVE_INFINITY
    : at(original.quality) - nearBy;
}

export function tradeOffScene(order: TradeOffOrder): XYScene {
  const { series, cost, quality, words, near, ticks } = order;
  const { t, language } = words;
  const xs = [
    ...series.points.map((point) => point.cost),
    ...(series.estimate ? [series.estimate.cost] : []),
  ];
  const x = roomyDomain(xs);
  const names = { cost: t(`charts.axis.${cost}`), quality: t(`charts.axis.${quality}`) };
  return {
    name: t('charts.tradeOff.title', names),
    x: quantityAxis({ quantity: cost, name: names.cost, domain: x, count: ticks.x, language }),
    y: qualityAxis({
      quality,
      heights: heightsInView(order, near && countBelow(order) > 0),
      count: ticks.y,
      words,
    }),
    marks: series.points.map((point) => markOf(point, order)),
    curves: frontCurve(order, x[1]),
    rules: originalRule(order),
    guess:
      series.estimate === undefined
        ? undefined
        : {
            x: series.estimate.cost,
            y: qualityScale(quality).at(series.estimate.quality),
            label: t('charts.estimate'),
          },
    missing: [],
  };
}

function heightsInView({ series, quality }: TradeOffOrder, near: boolean): number[] {
  const { at } = qualityScale(quality);
  const lowest = near ? nearestBelow({ series, quality }) : Number.NEGATIVE_INFINITY;
  const heights = series.points
    .flatMap((point) => [point.quality, point.low ?? point.quality, point.high ?? point.quality])
    .map(at)
    .filter((height) => height >= lowest);
  if (series.estimate !== undefined) heights.push(Math.max(lowest, at(series.estimate.quality)));
  return heights;
}

function markOf(point: TradeOffPoint, { words, cost, quality }: TradeOffOrder): Mark {
  const { key, role, onFront, low, high } = point;
  const { at } = qualityScale(quality);
  const costs = [...new Set<CostAxis>(['latency', 'size', cost])];
  return {
    id: key,
    x: point.cost,
    y: at(point.quality),
    low: low === undefined ? undefined : at(low),
    high: high === undefined ? undefined : at(high),
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
function frontCurve({ series, quality, words }: TradeOffOrder, end: number): Curve[] {
  const { at } = qualityScale(quality);
  const byKey = new Map(series.points.map((point) => [point.key, point]));
  const corners = series.front
    .flatMap((key) => byKey.get(key) ?? [])
    .map((point) => ({ x: point.cost, y: at(point.quality) }));
  const last = corners.at(-1);
  if (last === undefined || series.points.length < 2) return [];
  return [
    {
      id: 'front',
      tone: 'accent',
      points: [...corners, { x: end, y: last.y }],
      step: true,
      label: words.t('charts.front'),
    },
  ];
}

const originalRule = ({ series, quality }: TradeOffOrder): Rule[] => {
  const original = originalOf(series);
  return original === undefined || series.points.length < 2
    ? []
    : [
        // Its name stands beside its point.
        {
          id: 'original',
          axis: 'y',
          at: qualityScale(quality).at(original.quality),
          tone: 'original',
        },
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
  const good = original === undefined ? [] : nearlyAsGood(series, original, quality);
  const [best] = good.toSorted((a, b) => a.cost - b.cost);
  return best === undefined
    ? t('charts.tradeOff.summaryPlain', counts)
    : t('charts.tradeOff.summary', {
        ...counts,
        ...numbers(best),
        margin: marginWords(quality, words),
      });
}

function nearlyAsGood(
  series: TradeOffSeries,
  original: TradeOffPoint,
  quality: QualityAxis,
): TradeOffPoint[] {
  const { at, nearlyAsGood: margin } = qualityScale(quality);
  if (margin === undefined) return [];
  return series.points.filter(
    (point) =>
      point.cost < original.cost && at(point.quality) >= at(original.quality) - margin - 1e-9,
  );
}

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
