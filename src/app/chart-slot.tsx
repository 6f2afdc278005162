import { lazy, Suspense, useMemo } from 'react';
import { TextTab } from '../features/text/index.ts';
import { TrainingTab } from '../features/train/index.ts';
import { hasTraining, isLanguageModel, type StudioState, useStudio } from '../store/index.ts';
import { PartBoundary } from './part-boundary.tsx';
import { useWords } from '../ui/index.ts';

// The chart library is large and needed only once a model is open.
const load = () => import('../features/charts/index.ts');
const Charts = lazy(async () => ({ default: (await load()).ChartsPanel }));

/** Draws the charts for the report. */
export const loadReportCharts = async () => (await load()).reportCharts;

/** There is something to train, or a training to look at. */
const selectTrains = ({ training, history }: StudioState): boolean =>
  training !== undefined || hasTraining(history.present);

export function ChartSlot() {
  const { t } = useWords();
  const trains = useStudio(selectTrains);
  const writes = useStudio(isLanguageModel);
  const more = useMemo(
    () => [
      ...(trains
        ? [{ id: 'training' as const, label: t('charts.tab.training'), content: <TrainingTab /> }]
        : []),
      ...(writes
        ? [{ id: 'text' as const, label: t('charts.tab.text'), content: <TextTab /> }]
        : []),
    ],
    [trains, writes, t],
  );
  return (
    <section className="chart-slot" aria-label={t('charts.title')} data-testid="charts">
      <PartBoundary>
        <Suspense fallback={<p className="quiet chart-wait">{t('charts.loading')}</p>}>
          <Charts more={more} />
        </Suspense>
      </PartBoundary>
    </section>
  );
}
