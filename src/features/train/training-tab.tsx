import { lazy, Suspense } from 'react';
import { useWords } from '../../ui/index.ts';

// Charts come with a large library, which the rest of the studio does not wait for.
const TrainingFrame = lazy(() => import('./training-frame.tsx'));

/** The training as a chart tab. */
export function TrainingTab() {
  const { t } = useWords();
  return (
    <Suspense fallback={<p className="quiet chart-wait">{t('charts.loading')}</p>}>
      <TrainingFrame />
    </Suspense>
  );
}
