import type { WeightsReply } from '../../store/index.ts';
import {
  formatInteger,
  formatNumber,
  formatPercent,
  formatTiny,
  type Words,
} from '../../ui/index.ts';
import {
  type Axis,
  type ChartTable,
  type HistogramBin,
  type HistogramScene,
  niceTicks,
} from '../../ui/charts/index.ts';
import { quantityAxis } from './quantity.ts';

export interface WeightsOrder {
  readonly reply: WeightsReply;
  readonly log: boolean;
  readonly words: Words;
  readonly ticks: { readonly x: number; readonly y: number };
}

interface Counts {
  readonly from: number;
  readonly to: number;
  readonly before: number;
  readonly after: number | undefined;
}

const countsOf = ({ edges, before, after }: WeightsReply): Counts[] =>
  Array.from(before, (count, i) => ({
    from: edges[i] ?? 0,
    to: edges[i + 1] ?? 0,
    before: count,
    after: after?.[i],
  }));

export function weightsScene(order: WeightsOrder): HistogramScene {
  const { reply, log, words } = order;
  const { t } = words;
  const counts = countsOf(reply);
  const spike = log ? undefined : spikeOf(counts);
  const height = log
    ? (count: number): number => Math.log10(1 + count)
    : (count: number): number => count;
  const tallest = counts
    .filter((bin) => bin !== spike)
    .reduce((most, bin) => Math.max(most, bin.before, bin.after ?? 0), 1);
  const top = Math.max(tallest, spike?.before ?? 0);
  const { threshold, grid } = reply;
  return {
    name: t('charts.weights.title', { name: reply.weight }),
    x: valueAxis(order),
    y: log ? logAxis(top, words) : countAxis(top, order),
    bins: counts.map((bin) => binOf(bin, height, order)),
    threshold:
      threshold === undefined || threshold <= 0
        ? undefined
        : {
            value: threshold,
            label: t('charts.weights.threshold', { value: formatTiny(threshold, words.language) }),
          },
    grid:
      grid === undefined
        ? undefined
        : { values: [...grid], label: t('charts.weights.grid', { count: grid.length }) },
    overflow:
      spike === undefined
        ? undefined
        : {
            at: (spike.from + spike.to) / 2,
            label: t('charts.weights.zeros', {
              count: formatInteger(spike.after ?? 0, words.language),
            }),
          },
    beforeLabel: t('charts.original'),
    afterLabel: reply.after === undefined ? undefined : t('charts.variant'),
  };
}

/** How far above everything else the bin at zero must stand to be cut off: it would flatten the rest. */
const spikeFactor = 1.6;

function spikeOf(counts: readonly Counts[]): Counts | undefined {
  const zero = counts.find((bin) => bin.from <= 0 && bin.to > 0);
  if (zero?.after === undefined) return undefined;
  const rest = counts.reduce(
    (most, bin) => Math.max(most, bin.before, bin === zero ? 0 : (bin.after ?? 0)),
    0,
  );
  return zero.after > rest * spikeFactor ? zero : undefined;
}

function binOf(
  bin: Counts,
  height: (count: number) => number,
  { words }: WeightsOrder,
): HistogramBin {
  const { t, language } = words;
  const range = { low: formatTiny(bin.from, language), high: formatTiny(bin.to, language) };
  return {
    from: bin.from,
    to: bin.to,
    before: height(bin.before),
    after: bin.after === undefined ? undefined : height(bin.after),
    title: t('charts.range', range),
    rows: [
      [t('charts.original'), formatInteger(bin.before, language)],
      ...(bin.after === undefined
        ? []
        : [[t('charts.variant'), formatInteger(bin.after, language)] as const]),
    ],
  };
}

function valueAxis({ reply, words, ticks }: WeightsOrder): Axis {
  const { t, language } = words;
  const domain = [reply.edges[0] ?? -1, reply.edges.at(-1) ?? 1] as const;
  const values = niceTicks(domain[0], domain[1], ticks.x);
  const digits = Math.max(0, ...values.map((value) => String(value).split('.')[1]?.length ?? 0));
  return {
    label: t('charts.weights.value'),
    domain,
    ticks: values.map((at) => ({
      at,
      label: digits > 6 ? formatTiny(at, language) : formatNumber(at, digits, language),
    })),
  };
}

const countAxis = (top: number, { words, ticks }: WeightsOrder): Axis =>
  quantityAxis({
    quantity: 'params',
    name: words.t('charts.weights.count'),
    domain: [0, top * 1.06],
    count: ticks.y,
    language: words.language,
  });

/** Height log10(1 + count), so that a bin of none stands at zero; ticks at none, 1, 10, 100 … */
function logAxis(top: number, { t, language }: Words): Axis {
  const powers = Array.from(
    { length: Math.floor(Math.log10(Math.max(1, top))) + 1 },
    (_, power) => 10 ** power,
  );
  return {
    label: t('charts.weights.count'),
    domain: [0, Math.log10(1 + top) * 1.06],
    ticks: [0, ...powers].map((count) => ({
      at: Math.log10(1 + count),
      label: formatInteger(count, language),
    })),
  };
}

export function weightsTable({ reply, words }: WeightsOrder): ChartTable {
  const { t, language } = words;
  const count = (value: number | undefined): string =>
    value === undefined ? '–' : formatInteger(value, language);
  return {
    columns: [
      { label: t('charts.weights.from'), numeric: true },
      { label: t('charts.weights.to'), numeric: true },
      { label: t('charts.original'), numeric: true },
      { label: t('charts.variant'), numeric: true },
    ],
    rows: countsOf(reply).map((bin, i) => ({
      id: String(i),
      cells: [
        formatTiny(bin.from, language),
        formatTiny(bin.to, language),
        count(bin.before),
        count(bin.after),
      ],
    })),
  };
}

export function weightsSummary({ reply, words }: WeightsOrder): string {
  const { t, language } = words;
  const { count, dims, zeros, after } = reply;
  const share = (part: number): string => formatPercent(count === 0 ? 0 : part / count, language);
  const data = {
    count: formatInteger(count, language),
    shape: dims.join(' × '),
    zerosBefore: share(zeros.before),
    zerosAfter: share(zeros.after ?? 0),
  };
  return t(
    after === undefined || zeros.after === undefined
      ? 'charts.weights.summaryBefore'
      : 'charts.weights.summary',
    data,
  );
}

export function weightsNotes({ reply, log, words }: WeightsOrder): string[] {
  const { t, language } = words;
  const spike = log ? undefined : spikeOf(countsOf(reply));
  return [
    ...(reply.grid === undefined
      ? []
      : [t('charts.weights.gridNote', { count: reply.grid.length })]),
    ...(spike === undefined
      ? []
      : [t('charts.weights.zerosNote', { count: formatInteger(spike.after ?? 0, language) })]),
  ];
}
