import type { LayerMetric, LayerPair, LayerSeries } from '../../store/index.ts';
import { formatPercent, type Words } from '../../ui/index.ts';
import type { Bar, BarRow, BarsScene, ChartTable } from '../../ui/charts/index.ts';
import { columnWriter, formatQuantity, type Quantity } from './quantity.ts';

export interface LayersOrder {
  readonly series: LayerSeries;
  readonly metric: LayerMetric;
  readonly words: Words;
}

const quantities: Readonly<Record<LayerMetric, Quantity>> = {
  latency: 'latency',
  macs: 'macs',
  params: 'params',
  bytes: 'bytes',
  sparsity: 'share',
};

const write = (metric: LayerMetric, value: number, { language }: Words): string =>
  formatQuantity[quantities[metric]](value, language);

export function layersScene(given: LayersOrder): BarsScene {
  const order = { ...given, writeNumber: writerOf(given) };
  const { series, metric, words } = order;
  const { t } = words;
  const values = series.pairs.flatMap((pair) => [pair.before ?? 0, pair.after ?? 0]);
  return {
    name: t('charts.layers.title', { metric: t(`charts.layers.metric.${metric}`) }),
    // A share of zeros is out of all weights of the layer, whatever the others have.
    max: metric === 'sparsity' ? 1 : values.reduce((a, b) => Math.max(a, b), 0),
    beforeLabel: t('charts.original'),
    afterLabel: t('charts.variant'),
    rows: series.pairs.map((pair) => rowOf(pair, order)),
  };
}

interface WritingOrder extends LayersOrder {
  readonly writeNumber: (value: number) => string;
}

/** All rows in one unit. */
const writerOf = ({ series, metric, words }: LayersOrder): ((value: number) => string) => {
  const max = series.pairs.reduce(
    (most, pair) => Math.max(most, pair.before ?? 0, pair.after ?? 0),
    0,
  );
  return columnWriter(quantities[metric], metric === 'sparsity' ? 0.5 : max, words.language);
};

const rowOf = (pair: LayerPair, order: WritingOrder): BarRow => ({
  id: pair.id,
  name: nameOf(pair, order.words),
  note: noteOf(pair, order.words),
  before: barOf(pair, 'original', order),
  after: barOf(pair, 'variant', order),
  aside: pair.kind === 'remainder',
});

const nameOf = (pair: LayerPair, { t }: Words): string =>
  pair.kind === 'remainder' ? t('charts.layers.remainder') : pair.name;

/** `Conv → QLinearConv · CPU`: what stands in the graph, what ran, and where. */
function noteOf(pair: LayerPair, { t }: Words): string {
  const ran = pair.ranAs.join(', ');
  const operator =
    pair.kind === 'remainder'
      ? ran || t('charts.layers.remainderNote')
      : ran === '' || ran === pair.opType
        ? pair.opType
        : `${pair.opType} → ${ran}`;
  return [operator, devicesOf(pair)].filter((part) => part !== '').join(' · ');
}

/** `CPUExecutionProvider` → `CPU`. */
const devicesOf = (pair: LayerPair): string =>
  pair.devices
    .map((provider) => provider.replace(/ExecutionProvider$/, '').replace('WebGpu', 'WebGPU'))
    .join(', ');

function barOf(pair: LayerPair, side: 'original' | 'variant', order: WritingOrder): Bar {
  const { metric, words, writeNumber } = order;
  const { t } = words;
  const value = side === 'original' ? pair.before : pair.after;
  if (value !== undefined) return { value, text: writeNumber(value) };
  const has = pair.sides === 'both' || pair.sides === side;
  if (!has)
    return { value, text: t(side === 'original' ? 'charts.layers.added' : 'charts.layers.gone') };
  // A layer without a kernel of its own was folded or fused into another.
  return {
    value,
    text: t(metric === 'latency' ? 'charts.layers.inside' : 'charts.layers.unknown'),
  };
}

export function layersTable(given: LayersOrder): ChartTable {
  const order = { ...given, writeNumber: writerOf(given) };
  const { series, words } = order;
  const { t } = words;
  return {
    columns: [
      { label: t('charts.layers.layer'), numeric: false },
      { label: t('charts.layers.operator'), numeric: false },
      { label: t('charts.layers.ran'), numeric: false },
      { label: t('charts.layers.device'), numeric: false },
      { label: t('charts.original'), numeric: true },
      { label: t('charts.variant'), numeric: true },
    ],
    rows: series.pairs.map((pair) => ({
      id: pair.id,
      cells: [
        nameOf(pair, words),
        pair.opType || '–',
        pair.ranAs.join(', ') || '–',
        devicesOf(pair) || '–',
        barOf(pair, 'original', order).text,
        barOf(pair, 'variant', order).text,
      ],
    })),
  };
}

export function layersSummary({ series, metric, words }: LayersOrder): string {
  const { t, language } = words;
  const { before, after } = series.totals;
  if (before === undefined || after === undefined) return t('charts.layers.summaryWaiting');
  const data = { before: write(metric, before, words), after: write(metric, after, words) };
  const value = (pair: LayerPair): number => pair.after ?? 0;
  const [largest] = series.pairs.toSorted((a, b) => value(b) - value(a));
  if (metric === 'sparsity' || largest === undefined || after === 0)
    return t('charts.layers.summaryShort', data);
  const share = formatPercent(value(largest) / after, language, 0);
  return t('charts.layers.summary', { ...data, name: nameOf(largest, words), share });
}
