import { ChartTabs } from '../../ui/charts/index.ts';
import { useWords } from '../../ui/index.ts';
import { LayersTab } from './layers-tab.tsx';
import { SweepTab } from './sweep-tab.tsx';
import { TradeOffTab } from './trade-off-tab.tsx';
import { WeightsTab } from './weights-tab.tsx';

/** The four charts, one at a time: what is not in view asks for nothing. */
export function ChartsPanel() {
  const { t } = useWords();
  return (
    <ChartTabs
      label={t('charts.tabs')}
      tabs={[
        { id: 'trade-off', label: t('charts.tab.tradeOff'), content: <TradeOffTab /> },
        { id: 'sweep', label: t('charts.tab.sweep'), content: <SweepTab /> },
        { id: 'layers', label: t('charts.tab.layers'), content: <LayersTab /> },
        { id: 'weights', label: t('charts.tab.weights'), content: <WeightsTab /> },
      ]}
    />
  );
}
