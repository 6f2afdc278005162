import { useState } from 'react';
import { type QualityAxis, selectQualityAxes, useStudio } from '../../store/index.ts';
import { Choice, useWords } from '../../ui/index.ts';

interface QualityChoiceProps {
  readonly value: QualityAxis;
  readonly axes: readonly QualityAxis[];
  readonly onChange: (quality: QualityAxis) => void;
  readonly testId: string;
}

/** What the y axis of a chart shows, and how to choose another; what the data cannot give falls back to what they can. */
export function useQualityAxis(): Pick<QualityChoiceProps, 'value' | 'axes' | 'onChange'> {
  const axes = useStudio(selectQualityAxes);
  const [chosen, onChange] = useState<QualityAxis | undefined>(undefined);
  const value = chosen !== undefined && axes.includes(chosen) ? chosen : (axes[0] ?? 'accuracy');
  return { value, axes, onChange };
}

/** Nothing where there is nothing to choose. */
export function QualityChoice({ value, axes, onChange, testId }: QualityChoiceProps) {
  const { t } = useWords();
  if (axes.length < 2) return null;
  return (
    <Choice
      label={t('charts.axis.y')}
      hideLabel
      value={value}
      options={axes.map((each) => ({ value: each, label: t(`charts.axis.${each}`) }))}
      onChange={onChange}
      testId={testId}
    />
  );
}
