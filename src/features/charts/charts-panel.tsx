import type { ReactNode } from 'react';
import { type ChartId, useActions, useStudio } from '../../store/index.ts';
import { ChartTabs } from '../../ui/charts/index.ts';
import { useWords } from '../../ui/index.ts';
import { LayersTab } from './layers-tab.tsx';
import { SweepTab } from './sweep-tab.tsx';
import { TradeOffTab } from './trade-off-tab.tsx';
import { WeightsTab } from './weights-tab.tsx';

interface ChartsPanelProps {
  /** Charts of other rooms. */
  readonly more: readonly {
    readonly id: ChartId;
    readonly label: string;
    readonly content: ReactNode;
  }[];
}

/** The charts, one at a time: what is not in view asks for nothing. */
export function ChartsPanel({ more }: ChartsPanelProps) {
  const { t } = useWords();
  const { showChart } = useActions();
  const chosen = useStudio((state) => state.chart);
  return (
    <ChartTabs
      label={t('charts.tabs')}
      chosen={chosen}
      onChoose={showChart}
      tabs={[
        { id: 'trade-off', label: t('charts.tab.tradeOff'), content: <TradeOffTab /> },
        { id: 'sweep', label: t('charts.tab.sweep'), content: <SweepTab /> },
        { id: 'layers', label: t('charts.tab.layers'), content: <LayersTab /> },
        { id: 'weights', label: t('charts.tab.weights'), content: <WeightsTab /> },
        ...more,
      ]}
    />
  );
}
