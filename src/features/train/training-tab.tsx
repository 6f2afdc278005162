import { lazy, Suspense, useState } from 'react';
import { Segments, useWords } from '../../ui/index.ts';

// Charts come with a large library, which the rest of the studio does not wait for.
const TrainingChart = lazy(() => import('./training-chart.tsx'));
const SoftLabelsChart = lazy(() => import('./soft-labels-chart.tsx'));

type View = 'progress' | 'soft-labels';

/** The training as a chart tab: how it goes, and what the student is shown. */
export function TrainingTab() {
  const { t } = useWords();
  const [view, setView] = useState<View>('progress');
  const choice = (
    <Segments
      label={t('train.view')}
      value={view}
      options={[
        { value: 'progress', label: t('train.view.progress') },
        { value: 'soft-labels', label: t('train.view.softLabels') },
      ]}
      onChange={(value) => setView(value)}
      testId="training-view"
    />
  );
  return (
    <Suspense fallback={<p className="quiet chart-wait">{t('charts.loading')}</p>}>
      {view === 'progress' ? (
        <TrainingChart controls={choice} />
      ) : (
        <SoftLabelsChart controls={choice} />
      )}
    </Suspense>
  );
}
