import { useEffect, useMemo, useState } from 'react';
import {
  type LayerMetric,
  layerMetrics,
  type LayerOrder,
  layerSeries,
  selectCurrent,
  shown,
  useActions,
  useStudio,
} from '../../store/index.ts';
import { BarsChart, ChartFrame, svgBars } from '../../ui/charts/index.ts';
import { Choice, Failure, Segments, useMedia, useWords } from '../../ui/index.ts';
import { layersScene, layersSummary, layersTable } from './layers-scene.ts';

const noLayers = {
  original: [],
  variant: [],
  remainder: { original: undefined, variant: undefined },
} as const;

/** Where the cost lies: each layer of the original beside the same layer of the variant. */
export function LayersTab() {
  const words = useWords();
  const { t } = words;
  const narrow = useMedia('(max-width: 639px)');
  const { requestLayers } = useActions();
  const [metric, setMetric] = useState<LayerMetric>('latency');
  const [order, setOrder] = useState<LayerOrder>('graph');
  const state = useStudio((each) => each.layers);
  // A newly measured variant has layers of its own; while it is being measured, the old ones stay.
  const variant = useStudio((each) =>
    each.job.kind === 'running' ? undefined : selectCurrent(each)?.evaluation.variant,
  );
  useEffect(() => {
    if (variant !== undefined) requestLayers(true);
  }, [variant, requestLayers]);
  const reply = shown(state);
  const series = useMemo(
    () => layerSeries(reply ?? noLayers, metric, order),
    [reply, metric, order],
  );
  const picture = useMemo(() => ({ series, metric, words }), [series, metric, words]);
  const scene = useMemo(() => layersScene(picture), [picture]);
  const isStale =
    state.kind === 'loading' ||
    (reply !== undefined && variant !== undefined && reply.variantId !== variant);
  return (
    <ChartFrame
      title={scene.name}
      summary={layersSummary(picture)}
      table={layersTable(picture)}
      notes={[
        ...(series.hidden > 0 ? [t('charts.layers.hidden', { count: series.hidden })] : []),
        ...(metric === 'latency' && series.pairs.length > 0 ? [t('charts.layers.profiled')] : []),
      ]}
      svg={series.pairs.length === 0 ? undefined : () => svgBars(scene)}
      testId="chart-layers"
      controls={
        <>
          <Choice
            label={t('charts.layers.metric')}
            hideLabel
            value={metric}
            options={layerMetrics.map((value) => ({
              value,
              label: t(`charts.layers.metric.${value}`),
            }))}
            onChange={(value) => setMetric(value)}
            testId="layers-metric"
          />
          <Segments
            label={t('charts.layers.order')}
            value={order}
            options={[
              { value: 'graph', label: t('charts.layers.order.graph') },
              { value: 'cost', label: t('charts.layers.order.cost') },
            ]}
            onChange={(value) => setOrder(value)}
            testId="layers-order"
          />
        </>
      }
    >
      {state.kind === 'failed' ? <Failure error={state.error} /> : null}
      {reply === undefined ? (
        state.kind === 'failed' ? null : (
          <p className="chart-empty">{t('charts.working')}</p>
        )
      ) : series.pairs.length === 0 ? (
        <p className="chart-empty">
          {t(metric === 'latency' ? 'charts.layers.noProfile' : 'charts.empty')}
        </p>
      ) : (
        <div className="chart-fill" data-stale={isStale || undefined}>
          <BarsChart scene={scene} minHeight={narrow ? 420 : 200} />
        </div>
      )}
    </ChartFrame>
  );
}
