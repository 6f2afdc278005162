import { useState } from 'react';
import { ChartFrame } from '../../ui/charts/index.ts';
import { Segments, useWords } from '../../ui/index.ts';
import { useSoftLabelsChart } from './soft-labels-chart.tsx';
import { useTrainingChart } from './training-chart.tsx';

type View = 'progress' | 'soft-labels';

/** How a training goes, or what the student is shown. One frame for both, so that the focus stays on the choice between them. */
export default function TrainingFrame() {
  const { t } = useWords();
  const [view, setView] = useState<View>('progress');
  const progress = useTrainingChart();
  const softLabels = useSoftLabelsChart(view === 'soft-labels');
  const shown = view === 'progress' ? progress : softLabels;
  return (
    <ChartFrame
      {...shown}
      controls={
        <>
          {shown.controls}
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
        </>
      }
    />
  );
}
