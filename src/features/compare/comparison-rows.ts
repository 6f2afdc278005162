import type { Measurements } from '../../engine/index.ts';
import { memo, selectCurrent, selectOriginal, type StudioState } from '../../store/index.ts';
import {
  formatBytes,
  formatCount,
  formatDb,
  formatMacs,
  formatMs,
  formatNumber,
  formatPercent,
  formatPerplexity,
  formatPoints,
  formatTimes,
  formatTiny,
  type Key,
  nbsp,
  signed,
  type Words,
} from '../../ui/index.ts';

/** One line of the before/after table. Values are numbers; how they are written is the row's own. */
export interface ComparisonRow {
  readonly key: string;
  readonly name: Key;
  /** What the term means, where it needs saying. */
  readonly meaning: Key | undefined;
  readonly before: number | undefined;
  readonly after: number | undefined;
  format(value: number, words: Words): string;
  readonly change?: (words: Words) => string | undefined;
}

interface Comparison {
  readonly unchanged: boolean;
  readonly work: readonly ComparisonRow[];
  readonly speed: readonly ComparisonRow[];
}

export const selectComparison = memo(
  (state: StudioState) =>
    [
      state.points,
      state.history.present,
      state.settings,
      state.data,
      state.plan,
      state.model,
    ] as const,
  (state): Comparison => {
    const before = selectOriginal(state)?.evaluation.measurements;
    const after = selectCurrent(state)?.evaluation.measurements;
    return {
      unchanged: !state.history.present.steps.some((step) => step.off !== true),
      work: [...workRows(state, before, after), ...fidelityRows(after)],
      speed: [
        ...latencyRows(before, after),
        ...accuracyRows(before, after),
        ...perplexityRows(before, after),
      ],
    };
  },
);

type Sides = readonly [before: number | undefined, after: number | undefined];

/** Change in per cent of the original; nothing where a side is missing. */
const percent = ([before, after]: Sides, { language, t }: Words): string | undefined => {
  if (before === undefined || after === undefined || before === 0) return undefined;
  const change = after / before - 1;
  return Math.abs(change) < 0.0005
    ? t('table.same')
    : `${signed(change * 100, language, 1)}${nbsp}%`;
};

function row(
  key: string,
  name: Key,
  sides: Sides,
  format: (value: number, language: Words['language']) => string,
  change?: (words: Words) => string | undefined,
  meaning?: Key,
): ComparisonRow {
  return {
    key,
    name,
    meaning,
    before: sides[0],
    after: sides[1],
    format: (value, { language }) => format(value, language),
    ...(change === undefined ? {} : { change }),
  };
}

function workRows(
  state: StudioState,
  before: Measurements | undefined,
  after: Measurements | undefined,
): ComparisonRow[] {
  // Exact figures of the plan are there before the measurement; the summary's before the original was measured.
  const plan = state.plan?.recipe === state.history.present ? state.plan.predicted : undefined;
  const summary = state.model?.summary;
  const size: Sides = [
    before?.size.sizeBytes ?? summary?.sizeBytes,
    after?.size.sizeBytes ?? plan?.sizeBytes,
  ];
  const gzip: Sides = [before?.size.gzipBytes, after?.size.gzipBytes];
  const params: Sides = [
    before?.size.params ?? summary?.params,
    after?.size.params ?? plan?.params,
  ];
  const nonzero: Sides = [
    before?.size.nonzeroParams,
    after?.size.nonzeroParams ?? plan?.nonzeroParams,
  ];
  const macs: Sides = [before?.size.macs, after?.size.macs ?? plan?.macs];
  return [
    row('size', 'table.size', size, formatBytes, (words) => percent(size, words)),
    row('gzip', 'table.gzip', gzip, formatBytes, (words) => percent(gzip, words), 'term.gzip'),
    row('params', 'table.params', params, formatCount, (words) => percent(params, words)),
    row(
      'nonzero',
      'table.nonzero',
      nonzero,
      formatCount,
      (words) => percent(nonzero, words),
      'term.sparsity',
    ),
    row('macs', 'table.macs', macs, formatMacs, (words) => percent(macs, words), 'term.macs'),
  ];
}

function latencyRows(
  before: Measurements | undefined,
  after: Measurements | undefined,
): ComparisonRow[] {
  const b = after?.latency;
  const a = b?.reference ?? before?.latency;
  const cold: Sides = [a?.coldMs, b?.coldMs];
  const p95: Sides = [a?.p95Ms, b?.p95Ms];
  const spread: Sides = [a?.iqrMs, b?.iqrMs];
  const warm: Sides = [a?.p50Ms, b?.p50Ms];
  return [
    row('cold', 'table.cold', cold, formatMs, (words) => percent(cold, words), 'term.cold'),
    row('warm', 'table.warm', warm, formatMs, (words) => percent(warm, words), 'term.warm'),
    row('p95', 'table.p95', p95, formatMs, (words) => percent(p95, words), 'term.p95'),
    {
      key: 'speedup',
      name: 'table.speedup',
      meaning: 'term.speedup',
      before: undefined,
      after: b?.speedup,
      format: (value, { language }) => formatTimes(value, language),
      change: ({ language }) =>
        b === undefined ? undefined : rangeText(b.speedupLow, b.speedupHigh, language),
    },
    row('spread', 'table.spread', spread, formatMs, undefined, 'term.spread'),
    row(
      'noise',
      'table.noise',
      [a?.noise, b?.noise],
      (share, language) => `±${nbsp}${formatPercent(share, language)}`,
      undefined,
      'term.noise',
    ),
  ];
}

const rangeText = (low: number, high: number, language: Words['language']): string =>
  `${formatNumber(low, 2, language)}–${formatNumber(high, 2, language)}`;

const intervalText = (
  { low, high }: { readonly low: number; readonly high: number },
  language: Words['language'],
): string => `${formatNumber(low * 100, 1, language)}–${formatPercent(high, language)}`;

function accuracyRows(
  before: Measurements | undefined,
  after: Measurements | undefined,
): ComparisonRow[] {
  const a = before?.accuracy;
  const b = after?.accuracy;
  const rows: ComparisonRow[] = [];
  if (a !== undefined || b !== undefined) {
    const points = ({ language }: Words): string | undefined =>
      a === undefined || b === undefined ? undefined : formatPoints(b.value - a.value, language);
    const interval = (value: number, { language }: Words): string => {
      const side = value === b?.low ? b : a;
      return side === undefined ? '' : intervalText(side, language);
    };
    const share = (value: number, language: Words['language']): string =>
      formatPercent(value, language);
    rows.push(row('accuracy', 'table.accuracy', [a?.value, b?.value], share, points), {
      key: 'interval',
      name: 'table.interval',
      meaning: 'term.interval',
      before: a?.low,
      after: b?.low,
      format: interval,
    });
  }
  if (before?.top5 !== undefined || after?.top5 !== undefined)
    rows.push(
      row('top5', 'table.top5', [before?.top5?.value, after?.top5?.value], (value, language) =>
        formatPercent(value, language),
      ),
    );
  return rows;
}

/** Of a language model: lower is better. */
function perplexityRows(
  before: Measurements | undefined,
  after: Measurements | undefined,
): ComparisonRow[] {
  const a = before?.perplexity;
  const b = after?.perplexity;
  if (a === undefined && b === undefined) return [];
  const sides: Sides = [a?.value, b?.value];
  return [
    row(
      'perplexity',
      'table.perplexity',
      sides,
      formatPerplexity,
      (words) => percent(sides, words),
      'term.perplexity',
    ),
    {
      key: 'interval',
      name: 'table.interval',
      meaning: 'term.perplexityInterval',
      before: a?.low,
      after: b?.low,
      format(low, { language }) {
        const side = low === b?.low ? b : a;
        return side === undefined
          ? ''
          : `${formatPerplexity(side.low, language)}–${formatPerplexity(side.high, language)}`;
      },
    },
  ];
}

/** How far the outputs agree with the original's, sample by sample. */
function fidelityRows(after: Measurements | undefined): ComparisonRow[] {
  const rows: ComparisonRow[] = [];
  const fidelity = after?.fidelity;
  if (fidelity === undefined) return rows;
  if (fidelity.top1Agreement !== undefined)
    rows.push(
      row(
        'agreement',
        'table.agreement',
        [undefined, fidelity.top1Agreement],
        (share, language) => formatPercent(share, language),
        undefined,
        'term.agreement',
      ),
    );
  rows.push(
    row('sqnr', 'table.sqnr', [undefined, fidelity.sqnrDb], formatDb, undefined, 'term.sqnr'),
    row('max-error', 'table.maxError', [undefined, fidelity.maxAbsError], formatTiny),
  );
  return rows;
}
