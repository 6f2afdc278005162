import { heightOf, type QualityAxis } from '../../store/index.ts';
import { formatNumber, type Words } from '../../ui/index.ts';
import { type Axis, niceTicks, roomyDomain } from '../../ui/charts/index.ts';
import { decimals, formatQuantity, quantityAxis } from './quantity.ts';

/**
 * The quality axis of a chart: upwards is always better. Perplexity, where less is better, stands on a logarithmic scale turned around;
 * its ticks are perplexities all the same.
 */
export interface QualityScale {
  /** Where a value lies on the axis. */
  readonly at: (value: number) => number;
  /** Values this far (in heights) below the original are outside the near range; undefined: there is none. */
  readonly nearBy: number | undefined;
  /** Values at most this far (in heights) below the original are nearly as good; undefined: nobody can say. */
  readonly nearlyAsGood: number | undefined;
}

const onePoint = { nearBy: 0.1, nearlyAsGood: 0.01 } as const;

/** For perplexity, twice as much is far, and 5 % is little. */
const margins: Readonly<Record<QualityAxis, Omit<QualityScale, 'at'>>> = {
  accuracy: onePoint,
  agreement: onePoint,
  perplexity: { nearBy: Math.LN2, nearlyAsGood: Math.log(1.05) },
  sqnr: { nearBy: undefined, nearlyAsGood: undefined },
};

export const qualityScale = (quality: QualityAxis): QualityScale => ({
  at: (value) => heightOf(quality, value),
  ...margins[quality],
});

/** How much may be lost and still be nearly as good. */
export const marginWords = (quality: QualityAxis, { t }: Words): string =>
  t(quality === 'perplexity' ? 'charts.margin.perplexity' : 'charts.margin.point');

interface QualityAxisOrder {
  readonly quality: QualityAxis;
  /** Heights that have to be seen. */
  readonly heights: readonly number[];
  readonly count: number;
  readonly words: Words;
}

export function qualityAxis({ quality, heights, count, words }: QualityAxisOrder): Axis {
  const { t, language } = words;
  const name = t(`charts.axis.${quality}`);
  const domain = roomyDomain(heights, limits[quality]);
  if (quality !== 'perplexity')
    return quantityAxis({ quantity: quality, name, domain, count, language });
  const ticks = ticksBetween(Math.exp(-domain[1]), Math.exp(-domain[0]), count);
  const digits = Math.max(...ticks.map(decimals));
  return {
    label: t('charts.axis.lowerIsBetter', { name }),
    domain,
    ticks: ticks.map((value) => ({
      at: heightOf(quality, value),
      label:
        digits > 0
          ? formatNumber(value, digits, language)
          : formatQuantity[quality](value, language),
    })),
  };
}

const limits: Readonly<
  Record<QualityAxis, { readonly floor?: number; readonly ceiling?: number }>
> = {
  accuracy: { floor: 0, ceiling: 1 },
  agreement: { floor: 0, ceiling: 1 },
  // Nothing is better than 1.
  perplexity: { ceiling: 0 },
  sqnr: { floor: 0 },
};

/** Round perplexities: of a wide range 1, 2, 5 times powers of ten, of a very wide one the powers alone. */
function ticksBetween(low: number, high: number, count: number): number[] {
  if (high < 5 * low) return niceTicks(low, high, count).filter((value) => value > 0);
  const powers = Math.log10(high / low);
  const factors = powers * 3 <= 2 * count ? [1, 2, 5] : [1];
  const every = Math.max(1, Math.ceil(powers / (2 * count)));
  const first = Math.floor(Math.log10(low));
  return Array.from({ length: Math.ceil(powers) + 2 }, (_, i) => first + i)
    .filter((power) => power % every === 0)
    .flatMap((power) => factors.map((factor) => Number(`${factor}e${power}`)))
    .filter((value) => value >= low && value <= high);
}
