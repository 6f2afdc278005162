import type { TrainingCurves } from '../../store/index.ts';
import { formatDb, formatNumber, formatPercent, type Language } from '../../ui/index.ts';

export type Score = NonNullable<TrainingCurves['report']['best']>;
export type Metric = Score['metric'];

/** A validation score as people read it. */
export const formatScore: Readonly<Record<Metric, (value: number, language: Language) => string>> =
  {
    accuracy: formatPercent,
    agreement: formatPercent,
    sqnr: formatDb,
    perplexity: (value, language) => formatNumber(value, 2, language),
  };

/** Losses span decades: always about three significant digits. */
export const formatLoss = (loss: number, language: Language): string =>
  formatNumber(loss, loss >= 10 ? 1 : loss >= 1 ? 2 : 3, language);

/** Whole at the end of an epoch, a part of one where training was ended by hand. */
export const formatEpoch = (epoch: number, language: Language): string =>
  formatNumber(epoch, Number.isInteger(epoch) ? 0 : 1, language);
