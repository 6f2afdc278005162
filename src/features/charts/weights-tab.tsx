import { useEffect, useMemo, useState } from 'react';
import { shown, useActions, useStudio } from '../../store/index.ts';
import {
  ChartFrame,
  type ChartTable,
  HistogramChart,
  svgHistogram,
} from '../../ui/charts/index.ts';
import { Choice, Failure, formatCount, Segments, useMedia, useWords } from '../../ui/index.ts';
import {
  weightsNotes,
  type WeightsOrder,
  weightsScene,
  weightsSummary,
  weightsTable,
} from './weights-scene.ts';

const noTable: ChartTable = { columns: [], rows: [] };
const noWeights: readonly { readonly name: string; readonly count: number }[] = [];

/** How the values of one weight are spread, what pruning cuts off and onto which grid quantization puts the rest. */
export function WeightsTab() {
  const words = useWords();
  const { t, language } = words;
  const narrow = useMedia('(max-width: 639px)');
  const { requestWeights } = useActions();
  const weights = useStudio((state) => state.model?.weights ?? noWeights);
  // Planned anew with every turn of a dial: the threshold and the grid have moved.
  const planned = useStudio((state) => state.plan?.recipe);
  const state = useStudio((each) => each.weights);
  const [chosen, setChosen] = useState<string | undefined>(undefined);
  const [scale, setScale] = useState<'linear' | 'log'>('linear');
  const weight = weights.some(({ name }) => name === chosen) ? chosen : weights[0]?.name;
  useEffect(() => {
    if (weight !== undefined && planned !== undefined) requestWeights(weight);
  }, [weight, planned, requestWeights]);
  const reply = shown(state);
  const log = scale === 'log';
  const order = useMemo<WeightsOrder | undefined>(
    () =>
      reply === undefined
        ? undefined
        : { reply, log, words, ticks: narrow ? { x: 4, y: 3 } : { x: 8, y: 4 } },
    [reply, log, words, narrow],
  );
  const scene = useMemo(() => (order === undefined ? undefined : weightsScene(order)), [order]);
  return (
    <ChartFrame
      title={t('charts.weights.heading')}
      summary={order === undefined ? t('charts.weights.summaryWaiting') : weightsSummary(order)}
      table={order === undefined ? noTable : weightsTable(order)}
      notes={order === undefined ? [] : weightsNotes(order)}
      svg={scene === undefined ? undefined : () => svgHistogram(scene)}
      testId="chart-weights"
      controls={
        <>
          {weight === undefined ? null : (
            <Choice
              label={t('charts.weights.weight')}
              hideLabel
              value={weight}
              options={weights.map(({ name, count }) => ({
                value: name,
                label: `${name} (${formatCount(count, language)})`,
              }))}
              onChange={(value) => setChosen(value)}
              testId="weights-weight"
            />
          )}
          <Segments
            label={t('charts.weights.scale')}
            value={scale}
            options={[
              { value: 'linear', label: t('charts.weights.linear') },
              { value: 'log', label: t('charts.weights.log') },
            ]}
            onChange={(value) => setScale(value)}
            testId="weights-scale"
          />
        </>
      }
    >
      {state.kind === 'failed' ? <Failure error={state.error} /> : null}
      {weight === undefined ? <p className="chart-empty">{t('charts.weights.none')}</p> : null}
      {scene === undefined ? (
        weight === undefined || state.kind === 'failed' ? null : (
          <p className="chart-empty">{t('charts.working')}</p>
        )
      ) : (
        <HistogramChart scene={scene} minHeight={narrow ? 260 : 190} />
      )}
    </ChartFrame>
  );
}
