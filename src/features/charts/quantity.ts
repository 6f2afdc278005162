import type { CostAxis, QualityAxis } from '../../store/index.ts';
import {
  formatBytes,
  formatCount,
  formatDb,
  formatMacs,
  formatMs,
  formatNumber,
  formatPercent,
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

/** An axis in the one unit that fits its end, the unit in its name and not at every tick. */
export function quantityAxis({ quantity, name, domain, count, language }: AxisOrder): Axis {
  const fitting = units[quantity].findLast((each) => each.size <= domain[1] * 0.9995);
  const unit = fitting ?? units[quantity][0] ?? { name: '', size: 1 };
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
const decimals = (value: number): number => {
  const [, fraction = ''] = String(value).split('.');
  return fraction.includes('e') ? 0 : fraction.length;
};
