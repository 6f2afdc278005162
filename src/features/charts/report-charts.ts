import {
  type CostAxis,
  layerSeries,
  selectQualityAxes,
  selectSweep,
  selectTradeOff,
  shown,
  type StudioState,
} from '../../store/index.ts';
import type { Words } from '../../ui/index.ts';
import { type ReportChart, svgBars, svgHistogram, svgXYChart } from '../../ui/charts/index.ts';
import { layersScene, layersSummary } from './layers-scene.ts';
import { curvesOf, sweepNotes, sweepSummary, sweepSvg } from './sweep-scene.ts';
import {
  tradeOffNotes,
  type TradeOffOrder,
  tradeOffScene,
  tradeOffSummary,
} from './trade-off-scene.ts';
import { weightsNotes, weightsScene, weightsSummary } from './weights-scene.ts';

/** The costliest layers tell the story; a report of hundreds of bars is not read. */
const mostLayers = 24;

/** The charts that have something to show, in the order of the tabs: the same numbers as on the screen. */
export function reportCharts(state: StudioState, words: Words): ReportChart[] {
  return [
    ...(['size', 'latency'] as const).flatMap((cost) => tradeOffChart(state, cost, words)),
    ...sweepChart(state, words),
    ...layersChart(state, words),
    ...weightsChart(state, words),
  ];
}

const qualityOf = (state: StudioState) => selectQualityAxes(state)[0] ?? 'accuracy';

function tradeOffChart(state: StudioState, cost: CostAxis, words: Words): ReportChart[] {
  const quality = qualityOf(state);
  const series = selectTradeOff(cost, quality)(state);
  if (series.points.length === 0) return [];
  const order: TradeOffOrder = { series, cost, quality, words, near: true, ticks: { x: 7, y: 5 } };
  const scene = tradeOffScene(order);
  return [
    {
      title: scene.name,
      summary: tradeOffSummary(order),
      svg: svgXYChart(scene),
      notes: tradeOffNotes(order),
    },
  ];
}

function sweepChart(state: StudioState, words: Words): ReportChart[] {
  const quality = qualityOf(state);
  const series = selectSweep(quality)(state);
  if (curvesOf(series).every(({ curve }) => curve.points.length < 2)) return [];
  const order = { series, quality, words, ticks: { x: 5, y: 5 } };
  const title = words.t('charts.sweep.title', { quality: words.t(`charts.axis.${quality}`) });
  return [{ title, summary: sweepSummary(order), svg: sweepSvg(order), notes: sweepNotes(order) }];
}

function layersChart(state: StudioState, words: Words): ReportChart[] {
  const reply = shown(state.layers);
  if (reply === undefined) return [];
  const series = layerSeries(reply, 'latency', 'cost');
  if (series.pairs.length === 0) return [];
  const order = {
    series: { ...series, pairs: series.pairs.slice(0, mostLayers) },
    metric: 'latency',
    words,
  } as const;
  const left = series.pairs.length - order.series.pairs.length;
  const scene = layersScene(order);
  return [
    {
      title: scene.name,
      summary: layersSummary({ ...order, series }),
      svg: svgBars(scene),
      notes: [
        ...(left > 0 ? [words.t('charts.layers.most', { count: mostLayers, left })] : []),
        words.t('charts.layers.profiled'),
      ],
    },
  ];
}

function weightsChart(state: StudioState, words: Words): ReportChart[] {
  const reply = shown(state.weights);
  if (reply === undefined) return [];
  const order = { reply, log: false, words, ticks: { x: 8, y: 4 } };
  const scene = weightsScene(order);
  return [
    {
      title: scene.name,
      summary: weightsSummary(order),
      svg: svgHistogram(scene),
      notes: weightsNotes(order),
    },
  ];
}
