import { useMemo, useState } from 'react';
import {
  type CostAxis,
  selectCostAxes,
  selectTradeOff,
  useActions,
  useStudio,
  useStudioLater,
} from '../../store/index.ts';
import { ChartFrame, svgXYChart, XYChart } from '../../ui/charts/index.ts';
import { Button, Choice, useMedia, useWords } from '../../ui/index.ts';
import { QualityChoice, useQualityAxis } from './quality-choice.tsx';
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
  const axis = useQualityAxis();
  const quality = axis.value;
  const [chosenCost, setCost] = useState<CostAxis>('latency');
  const [range, setRange] = useState<'near' | 'all'>('near');
  const cost = costAxes.includes(chosenCost) ? chosenCost : 'latency';
  const select = useMemo(() => selectTradeOff(cost, quality), [cost, quality]);
  const series = useStudioLater(select);
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
          <QualityChoice {...axis} testId="trade-off-quality" />
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
