import { useMemo, useState } from 'react';
import {
  type CostAxis,
  type QualityAxis,
  selectCostAxes,
  selectQualityAxes,
  selectTradeOff,
  useActions,
  useStudio,
} from '../../store/index.ts';
import { ChartFrame, svgXYChart, XYChart } from '../../ui/charts/index.ts';
import { Button, Choice, useMedia, useWords } from '../../ui/index.ts';
import {
  countBelow,
  tradeOffNotes,
  type TradeOffOrder,
  tradeOffScene,
  tradeOffSummary,
  tradeOffTable,
} from './trade-off-scene.ts';

/** Quality against cost: every variant measured here, the original, the front, and where the recipe on screen stands. */
export function TradeOffTab() {
  const words = useWords();
  const { t } = words;
  const { restore } = useActions();
  const narrow = useMedia('(max-width: 639px)');
  const costAxes = useStudio(selectCostAxes);
  const qualityAxes = useStudio(selectQualityAxes);
  const [chosenCost, setCost] = useState<CostAxis>('latency');
  const [chosenQuality, setQuality] = useState<QualityAxis | undefined>(undefined);
  const [range, setRange] = useState<'near' | 'all'>('near');
  const cost = costAxes.includes(chosenCost) ? chosenCost : 'latency';
  const quality =
    chosenQuality !== undefined && qualityAxes.includes(chosenQuality)
      ? chosenQuality
      : (qualityAxes[0] ?? 'accuracy');
  const select = useMemo(() => selectTradeOff(cost, quality), [cost, quality]);
  const series = useStudio(select);
  const order = useMemo<TradeOffOrder>(
    () => ({
      series,
      cost,
      quality,
      words,
      near: range === 'near',
      ticks: narrow ? { x: 4, y: 4 } : { x: 7, y: 5 },
    }),
    [series, cost, quality, words, range, narrow],
  );
  const scene = useMemo(() => tradeOffScene(order), [order]);
  return (
    <ChartFrame
      title={scene.name}
      summary={tradeOffSummary(order)}
      table={tradeOffTable(order)}
      notes={tradeOffNotes(order)}
      svg={() => svgXYChart(scene)}
      noteAction={
        countBelow(order) === 0 ? null : (
          <Button
            look="plain"
            data-testid="trade-off-range"
            onClick={() => setRange(range === 'near' ? 'all' : 'near')}
          >
            {t(range === 'near' ? 'charts.tradeOff.showAll' : 'charts.tradeOff.showNear')}
          </Button>
        )
      }
      testId="chart-trade-off"
      onPick={restore}
      pickLabel={t('charts.restore')}
      controls={
        <>
          <Choice
            label={t('charts.axis.x')}
            hideLabel
            value={cost}
            options={costAxes.map((value) => ({ value, label: t(`charts.axis.${value}`) }))}
            onChange={(value) => setCost(value)}
            testId="trade-off-cost"
          />
          {qualityAxes.length < 2 ? null : (
            <Choice
              label={t('charts.axis.y')}
              hideLabel
              value={quality}
              options={qualityAxes.map((value) => ({ value, label: t(`charts.axis.${value}`) }))}
              onChange={(value) => setQuality(value)}
              testId="trade-off-quality"
            />
          )}
        </>
      }
    >
      {series.points.length === 0 && series.estimate === undefined ? (
        <p className="chart-empty">{t('charts.waiting')}</p>
      ) : (
        <XYChart scene={scene} minHeight={narrow ? 300 : 200} onPick={restore} />
      )}
    </ChartFrame>
  );
}
