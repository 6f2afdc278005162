import { useMemo } from 'react';
import { selectSweep, type Sweep, useActions, useStudioLater } from '../../store/index.ts';
import { ChartFrame, XYChart } from '../../ui/charts/index.ts';
import { useMedia, useWords } from '../../ui/index.ts';
import { QualityChoice, useQualityAxis } from './quality-choice.tsx';
import {
  curvesOf,
  type Dial,
  keyOfRow,
  sweepNotes,
  type SweepOrder,
  sweepScene,
  sweepSummary,
  sweepSvg,
  sweepTable,
} from './sweep-scene.ts';

/** Quality along the two dials, the answer before it is asked. */
export function SweepTab() {
  const words = useWords();
  const { t } = words;
  const { restore } = useActions();
  const narrow = useMedia('(max-width: 639px)');
  const axis = useQualityAxis();
  const quality = axis.value;
  const select = useMemo(() => selectSweep(quality), [quality]);
  const series = useStudioLater(select);
  const order: SweepOrder = {
    series,
    quality,
    words,
    ticks: narrow ? { x: 5, y: 4 } : { x: 5, y: 5 },
  };
  return (
    <ChartFrame
      title={t('charts.sweep.title', { quality: t(`charts.axis.${quality}`) })}
      summary={sweepSummary(order)}
      table={sweepTable(order)}
      notes={sweepNotes(order)}
      svg={curvesOf(series).length === 0 ? undefined : () => sweepSvg(order)}
      testId="chart-sweep"
      onPick={(id) => restore(keyOfRow(id))}
      pickLabel={t('charts.restore')}
      controls={<QualityChoice {...axis} testId="sweep-quality" />}
    >
      <div className="chart-panels">
        <SweepPanel dial="ratio" sweep={series.ratio} order={order} />
        <SweepPanel dial="bits" sweep={series.bits} order={order} />
      </div>
    </ChartFrame>
  );
}

interface SweepPanelProps {
  readonly dial: Dial;
  readonly sweep: Sweep;
  readonly order: SweepOrder;
}

function SweepPanel({ dial, sweep, order }: SweepPanelProps) {
  const { t } = useWords();
  const { restore } = useActions();
  return (
    <div className="chart-panel" data-testid={`sweep-${dial}`}>
      {sweep.kind === 'curve' ? (
        <XYChart scene={sweepScene(dial, sweep, order)} minHeight={200} onPick={restore} />
      ) : (
        <>
          <h3 className="chart-panel-title">
            {t(dial === 'ratio' ? 'charts.sweep.ratio' : 'charts.sweep.bits')}
          </h3>
          <p className="chart-empty">{t(`charts.sweep.${sweep.kind}`)}</p>
        </>
      )}
    </div>
  );
}
