import { formatPercent, type Words } from '../../ui/index.ts';
import type { BarsScene, ChartTable } from '../../ui/charts/index.ts';

/**
 * Soft labels: softmax(z / T) of the teacher's logits z (Hinton et al. 2015). At T = 1 they are its own probabilities; the higher the
 * temperature, the more the small ones show, and they are what tells a student how classes resemble each other.
 */
export function softened(logits: Float32Array, temperature: number): Float64Array {
  const top = logits.reduce((highest, value) => Math.max(highest, value), -Infinity);
  const powers = Float64Array.from(logits, (value) => Math.exp((value - top) / temperature));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

export interface SoftLabelsOrder {
  readonly logits: Float32Array;
  readonly label: number | undefined;
  readonly temperature: number;
  readonly classes: readonly string[] | undefined;
  readonly words: Words;
}

/** More bars are not read; of a thousand classes the likeliest are shown. */
const mostClasses = 12;

interface SoftLabel {
  readonly index: number;
  readonly name: string;
  readonly hard: number;
  readonly soft: number;
}

/** The likeliest classes first; at every temperature the order is the same. */
function labelsOf({ logits, temperature, classes }: SoftLabelsOrder): SoftLabel[] {
  const hard = softened(logits, 1);
  const soft = softened(logits, temperature);
  return Array.from(logits.keys())
    .toSorted((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0) || a - b)
    .slice(0, mostClasses)
    .map((index) => ({
      index,
      name: classes?.[index] ?? String(index),
      hard: hard[index] ?? 0,
      soft: soft[index] ?? 0,
    }));
}

export function softLabelsScene(order: SoftLabelsOrder): BarsScene {
  const { label, temperature, words } = order;
  const { t, language } = words;
  const bar = (value: number) => ({ value, text: formatPercent(value, language) });
  return {
    name: t('train.soft.title'),
    max: 1,
    rows: labelsOf(order).map(({ index, name, hard, soft }) => ({
      id: String(index),
      name,
      note: index === label ? t('train.soft.label') : '',
      before: bar(hard),
      after: bar(soft),
      aside: false,
    })),
    beforeLabel: 'T = 1',
    afterLabel: `T = ${temperature}`,
  };
}

export function softLabelsTable(order: SoftLabelsOrder): ChartTable {
  const { words, temperature, label } = order;
  const { t, language } = words;
  return {
    columns: [
      { label: t('changed.class'), numeric: false },
      { label: 'T = 1', numeric: true },
      { label: `T = ${temperature} `, numeric: true },
    ],
    rows: labelsOf(order).map(({ index, name, hard, soft }) => ({
      id: String(index),
      current: index === label,
      cells: [name, formatPercent(hard, language), formatPercent(soft, language)],
    })),
  };
}

/** How much of the answer lies outside the first class: what hard labels would not tell. */
export function softLabelsSummary(order: SoftLabelsOrder): string {
  const { words, logits, temperature } = order;
  const { t, language } = words;
  const outside = (at: number): string =>
    formatPercent(1 - softened(logits, at).reduce((a, b) => Math.max(a, b), 0), language);
  return t('train.soft.summary', {
    temperature: String(temperature),
    soft: outside(temperature),
    hard: outside(1),
  });
}
