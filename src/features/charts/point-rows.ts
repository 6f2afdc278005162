import type { Measurements } from '../../engine/index.ts';
import { costOf, type CostAxis } from '../../store/index.ts';
import {
  formatDb,
  formatNumber,
  formatPercent,
  formatPerplexity,
  formatTimes,
  type Words,
} from '../../ui/index.ts';
import { formatQuantity } from './quantity.ts';

type Row = readonly [name: string, value: string];

/** What is known of a measured variant, each number with its interval: the tooltip of its point. */
export function pointRows(
  measurements: Measurements,
  words: Words,
  costs: readonly CostAxis[],
): Row[] {
  const { t, language } = words;
  const { accuracy, perplexity, fidelity, latency } = measurements;
  const rows: Row[] = [];
  if (accuracy !== undefined) {
    rows.push([t('charts.axis.accuracy'), formatPercent(accuracy.value, language)]);
    rows.push([
      t('charts.interval'),
      rangeWords(accuracy.low, accuracy.high, (v) => formatPercent(v, language), words),
    ]);
  }
  if (perplexity !== undefined) {
    rows.push([t('charts.axis.perplexity'), formatPerplexity(perplexity.value, language)]);
    rows.push([
      t('charts.interval'),
      rangeWords(perplexity.low, perplexity.high, (v) => formatPerplexity(v, language), words),
    ]);
  }
  if (fidelity?.top1Agreement !== undefined)
    rows.push([t('charts.axis.agreement'), formatPercent(fidelity.top1Agreement, language)]);
  if (fidelity !== undefined && accuracy === undefined && perplexity === undefined)
    rows.push([t('charts.axis.sqnr'), formatDb(fidelity.sqnrDb, language)]);
  for (const cost of costs) {
    const value = costOf(measurements, cost);
    if (value !== undefined)
      rows.push([t(`charts.axis.${cost}`), formatQuantity[cost](value, language)]);
    if (cost === 'latency' && latency !== undefined)
      rows.push([t('charts.speedup'), rangeOfWords(latency, words)]);
  }
  return rows;
}

const rangeOfWords = (
  { speedup, speedupLow, speedupHigh }: NonNullable<Measurements['latency']>,
  { t, language }: Words,
): string =>
  t('charts.rangeOf', {
    value: formatTimes(speedup, language),
    low: formatNumber(speedupLow, 2, language),
    high: formatNumber(speedupHigh, 2, language),
  });

export const rangeWords = (
  low: number | undefined,
  high: number | undefined,
  write: (value: number) => string,
  { t }: Words,
): string =>
  low === undefined || high === undefined
    ? '–'
    : t('charts.range', { low: write(low), high: write(high) });
