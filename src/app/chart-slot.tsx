import { lazy, Suspense } from 'react';
import { PartBoundary } from './part-boundary.tsx';
import { useWords } from '../ui/index.ts';

// The chart library is large and needed only once a model is open.
const Charts = lazy(async () => ({
  default: (await import('../features/charts/index.ts')).ChartsPanel,
}));

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
