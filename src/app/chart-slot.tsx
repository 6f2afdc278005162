import { lazy, Suspense } from 'react';
import { PartBoundary } from './part-boundary.tsx';
import { useWords } from '../ui/index.ts';

// The chart library is large and needed only once a model is open.
const load = () => import('../features/charts/index.ts');
const Charts = lazy(async () => ({ default: (await load()).ChartsPanel }));

/** Draws the charts for the report. */
export const loadReportCharts = async () => (await load()).reportCharts;

export function ChartSlot() {
  const { t } = useWords();
  return (
    <section className="chart-slot" aria-label={t('charts.title')} data-testid="charts">
      <PartBoundary>
        <Suspense fallback={<p className="quiet chart-wait">{t('charts.loading')}</p>}>
          <Charts />
        </Suspense>
      </PartBoundary>
    </section>
  );
}
