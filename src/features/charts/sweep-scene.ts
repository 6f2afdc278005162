import type { QualityAxis, Sweep, SweepCurve, SweepPoint, SweepSeries } from '../../store/index.ts';
import { formatPercent, type Words } from '../../ui/index.ts';
import {
  type Axis,
  type ChartTable,
  defaultSvg,
  type Mark,
  type Rule,
  svgRow,
  svgXYChart,
  type XYScene,
} from '../../ui/charts/index.ts';
import { pointRows, rangeWords } from './point-rows.ts';
import { marginWords, qualityAxis, qualityScale } from './quality-scale.ts';
import { formatQuantity, quantityAxis } from './quantity.ts';
import { recipeWords } from './recipe-words.ts';

export type Dial = 'ratio' | 'bits';

export interface SweepOrder {
  readonly series: SweepSeries;
  readonly quality: QualityAxis;
  readonly words: Words;
  readonly ticks: { readonly x: number; readonly y: number };
}

export const curvesOf = ({
  ratio,
  bits,
}: SweepSeries): { readonly dial: Dial; readonly curve: SweepCurve }[] =>
  [
    { dial: 'ratio' as const, sweep: ratio },
    { dial: 'bits' as const, sweep: bits },
  ].flatMap(({ dial, sweep }) => (sweep.kind === 'curve' ? [{ dial, curve: sweep }] : []));

/** One curve; both dials share the same quality axis, so that they can be compared at a glance. */
export function sweepScene(dial: Dial, curve: SweepCurve, order: SweepOrder): XYScene {
  const { series, quality, words } = order;
  const { t } = words;
  const place = placeOf(dial, curve);
  const name = t(dial === 'ratio' ? 'charts.sweep.byRatio' : 'charts.sweep.byBits', {
    quality: t(`charts.axis.${quality}`),
  });
  const { baseline } = series;
  const { at } = qualityScale(quality);
  const height = (value: number | undefined): number | undefined =>
    value === undefined ? undefined : at(value);
  return {
    name,
    x: dialAxis(dial, curve, order),
    y: sharedAxis(order),
    marks: curve.points.map((point) => markOf(point, place, order)),
    curves: [
      {
        id: 'curve',
        tone: 'variant',
        step: false,
        points: curve.points
          .map((point) => ({
            x: place(point.at),
            y: at(point.quality.value),
            low: height(point.quality.low),
            high: height(point.quality.high),
          }))
          .toSorted((a, b) => a.x - b.x),
      },
    ],
    rules: [
      ...(baseline === undefined
        ? []
        : [
            {
              id: 'original',
              axis: 'y',
              at: at(baseline.value),
              tone: 'original',
              label: t('charts.original'),
            } as const,
          ]),
      nowRule(curve, place, words),
    ],
    missing: curve.missing.map(place),
  };
}

/** Bit-widths stand in even steps, the widest left: to the right there is always more compression. */
const placeOf = (dial: Dial, curve: SweepCurve): ((at: number) => number) => {
  if (dial === 'ratio') return (at) => at;
  const widths = placesOf(curve).toReversed();
  return (at) => widths.indexOf(at);
};

const placesOf = (curve: SweepCurve): number[] =>
  [...new Set([...curve.points.map((point) => point.at), ...curve.missing, curve.now])].toSorted(
    (a, b) => a - b,
  );

function dialAxis(dial: Dial, curve: SweepCurve, { words, ticks }: SweepOrder): Axis {
  const { t, language } = words;
  if (dial === 'ratio') {
    const name = t('charts.sweep.ratio');
    return quantityAxis({ quantity: 'share', name, domain: [0, 1], count: ticks.x, language });
  }
  const widths = placesOf(curve).toReversed();
  return {
    label: t('charts.sweep.bits'),
    domain: [-0.4, Math.max(1, widths.length - 1) + 0.4],
    ticks: widths.map((bits, at) => ({ at, label: String(bits) })),
  };
}

function sharedAxis({ series, quality, words, ticks }: SweepOrder): Axis {
  const { at } = qualityScale(quality);
  const values = curvesOf(series).flatMap(({ curve }) =>
    curve.points.flatMap(({ quality: { value, low = value, high = value } }) => [value, low, high]),
  );
  if (series.baseline !== undefined) values.push(series.baseline.value);
  return qualityAxis({ quality, heights: values.map(at), count: ticks.y, words });
}

const markOf = (
  point: SweepPoint,
  place: (at: number) => number,
  { words, quality }: SweepOrder,
): Mark => ({
  id: point.key,
  x: place(point.at),
  y: qualityScale(quality).at(point.quality.value),
  tone: 'variant',
  shape: point.isNow ? 'ring' : 'circle',
  hollow: false,
  size: point.isNow ? 'large' : 'small',
  ...(point.isNow ? { label: words.t('charts.now') } : {}),
  title: recipeWords(point.recipe, words),
  rows: pointRows(point.measurements, words, ['latency', 'size']),
  pickable: !point.isNow,
});

/** Where the dial stands; named at the point, once there is one. */
const nowRule = (curve: SweepCurve, place: (at: number) => number, { t }: Words): Rule => ({
  id: 'now',
  axis: 'x',
  at: place(curve.now),
  tone: 'variant',
  ...(curve.points.some((point) => point.isNow) ? {} : { label: t('charts.now') }),
});

/** Both curves as one drawing. */
export const sweepSvg = (order: SweepOrder): string =>
  svgRow(
    order.words.t('charts.sweep.title', { quality: order.words.t(`charts.axis.${order.quality}`) }),
    curvesOf(order.series).map(({ dial, curve }) =>
      svgXYChart(sweepScene(dial, curve, order), panelSize),
    ),
    panelSize,
  );

const panelSize = { ...defaultSvg, width: 440, height: 300 };

export function sweepTable({ series, quality, words }: SweepOrder): ChartTable {
  const { t, language } = words;
  const write = (value: number): string => formatQuantity[quality](value, language);
  return {
    columns: [
      { label: t('charts.sweep.dial'), numeric: false },
      { label: t('charts.sweep.value'), numeric: true },
      { label: t(`charts.axis.${quality}`), numeric: true },
      { label: t('charts.interval'), numeric: true },
      { label: t('charts.recipe'), numeric: false },
    ],
    rows: curvesOf(series).flatMap(({ dial, curve }) =>
      curve.points.map((point) => ({
        // The same variant can lie on both curves.
        id: `${dial} ${point.key}`,
        current: point.isNow,
        cells: [
          t(dial === 'ratio' ? 'charts.sweep.ratio' : 'charts.sweep.bits'),
          dial === 'ratio' ? formatPercent(point.at, language, 0) : String(point.at),
          write(point.quality.value),
          rangeWords(point.quality.low, point.quality.high, write, words),
          recipeWords(point.recipe, words),
        ],
      })),
    ),
  };
}

/** The recipe key behind a row's id. */
export const keyOfRow = (id: string): string => id.slice(id.indexOf(' ') + 1);

/** How far each dial can go and be nearly as good as the original, as far as it was measured. */
export function sweepSummary({ series, quality, words }: SweepOrder): string {
  const { t, language } = words;
  const { baseline } = series;
  const { at, nearlyAsGood = 0 } = qualityScale(quality);
  const good = (sweep: Sweep): number[] =>
    sweep.kind !== 'curve' || baseline === undefined
      ? []
      : sweep.points
          .filter((point) => at(point.quality.value) >= at(baseline.value) - nearlyAsGood - 1e-9)
          .map((point) => point.at);
  const ratio = Math.max(0, ...good(series.ratio));
  const bits = Math.min(32, ...good(series.bits));
  const data = {
    ratio: formatPercent(ratio, language, 0),
    bits,
    margin: marginWords(quality, words),
  };
  if (curvesOf(series).every(({ curve }) => curve.points.length < 2))
    return t('charts.sweep.summaryWaiting');
  if (ratio > 0 && bits < 32) return t('charts.sweep.summary', data);
  if (ratio > 0) return t('charts.sweep.summaryRatio', data);
  return t(bits < 32 ? 'charts.sweep.summaryBits' : 'charts.sweep.summaryNone', data);
}

export function sweepNotes({ series, quality, words }: SweepOrder): string[] {
  const { t } = words;
  const curves = curvesOf(series);
  const count = curves.reduce((sum, { curve }) => sum + curve.points.length, 0);
  const missing = curves.reduce((sum, { curve }) => sum + curve.missing.length, 0);
  const data = { count, total: count + missing };
  return [
    ...(missing === 0
      ? []
      : [t(series.filling ? 'charts.sweep.filling' : 'charts.sweep.missing', data)]),
    ...(count > 0 && (quality === 'accuracy' || quality === 'perplexity')
      ? [t('charts.sweep.band', { quality: t(`charts.axis.${quality}`) })]
      : []),
  ];
}
