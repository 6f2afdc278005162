import type { CostAxis, QualityAxis } from '../../store/index.ts';
import {
  formatBytes,
  formatCount,
  formatDb,
  formatMacs,
  formatMs,
  formatNumber,
  formatPercent,
  formatPerplexity,
  type Language,
} from '../../ui/index.ts';
import { type Axis, niceTicks } from '../../ui/charts/index.ts';

/** Something a chart measures: how one value is written, and how an axis of many is. */
export type Quantity = CostAxis | QualityAxis | 'share' | 'bytes';

export const formatQuantity: Readonly<
  Record<Quantity, (value: number, language: Language) => string>
> = {
  latency: formatMs,
  size: formatBytes,
  bytes: formatBytes,
  macs: formatMacs,
  params: formatCount,
  accuracy: formatPercent,
  perplexity: formatPerplexity,
  agreement: formatPercent,
  share: formatPercent,
  sqnr: formatDb,
};

interface Unit {
  readonly name: string;
  /** One of it in the quantity's own unit. */
  readonly size: number;
}

const powers = (names: readonly string[]): Unit[] =>
  names.map((name, power) => ({ name, size: 1000 ** power }));
const percent: readonly Unit[] = [{ name: '%', size: 0.01 }];

/** Smallest first. */
const units: Readonly<Record<Quantity, readonly Unit[]>> = {
  latency: [
    { name: 'µs', size: 0.001 },
    { name: 'ms', size: 1 },
    { name: 's', size: 1000 },
  ],
  size: powers(['B', 'kB', 'MB', 'GB', 'TB']),
  bytes: powers(['B', 'kB', 'MB', 'GB', 'TB']),
  macs: powers(['MAC', 'kMAC', 'MMAC', 'GMAC', 'TMAC']),
  params: powers(['', 'k', 'M', 'G', 'T']),
  accuracy: percent,
  perplexity: [{ name: '', size: 1 }],
  agreement: percent,
  share: percent,
  sqnr: [{ name: 'dB', size: 1 }],
};

interface AxisOrder {
  readonly quantity: Quantity;
  readonly name: string;
  readonly domain: readonly [number, number];
  /** About how many ticks. */
  readonly count: number;
  readonly language: Language;
}

const unitFor = (quantity: Quantity, max: number): Unit =>
  units[quantity].findLast((each) => each.size <= max * 0.9995) ??
  units[quantity][0] ?? { name: '', size: 1 };

/**
 * Writes the numbers of one column, all in the unit of the largest and with the same digits, so that they can be compared by
 * eye. What would be rounded to zero is written as less than the smallest step.
 */
export function columnWriter(
  quantity: Quantity,
  max: number,
  language: Language,
): (value: number) => string {
  const unit = unitFor(quantity, max);
  const largest = max / unit.size;
  const isWhole = unit.size === 1 && quantity !== 'latency' && quantity !== 'sqnr';
  const digits = isWhole || largest >= 99.95 ? 0 : largest >= 9.995 ? 1 : 2;
  const suffix = unit.name === '' ? '' : ` ${unit.name}`;
  const smallest = 10 ** -digits;
  return (value) => {
    const scaled = value / unit.size;
    const isTiny = scaled > 0 && scaled < smallest / 2;
    return `${isTiny ? `< ${formatNumber(smallest, digits, language)}` : formatNumber(scaled, digits, language)}${suffix}`;
  };
}

/** An axis in the one unit that fits its end, the unit in its name and not at every tick. */
export function quantityAxis({ quantity, name, domain, count, language }: AxisOrder): Axis {
  const unit = unitFor(quantity, domain[1]);
  const values = niceTicks(domain[0] / unit.size, domain[1] / unit.size, count);
  const digits = Math.max(0, ...values.map(decimals));
  return {
    label: unit.name === '' ? name : `${name}, ${unit.name}`,
    domain,
    ticks: values.map((value) => ({
      at: value * unit.size,
      label: formatNumber(value, digits, language),
    })),
  };
}

/** Digits after the point that a tick needs. */
export const decimals = (value: number): number => {
  const [, fraction = ''] = String(value).split('.');
  return fraction.includes('e') ? 0 : fraction.length;
};
