import { useCallback } from 'react';
import { memo, studentDial, type StudioState, useActions, useStudio } from '../../store/index.ts';
import { Dial } from '../../ui/dial.tsx';
import { formatPercent, useWords } from '../../ui/index.ts';
import { Term } from '../../ui/term.tsx';
import { CardFrame } from './card-frame.tsx';
import { MoreOptions } from './more-options.tsx';
import { StepField } from './step-field.tsx';
import type { ReorderHandle } from './use-reorder.ts';

const selectDial = memo(
  (state: StudioState) => [state.history.present] as const,
  (state) => studentDial(state.history.present),
);

interface StudentCardProps {
  readonly index?: number;
  readonly handle?: ReorderHandle | undefined;
}

/** The student-size dial: how wide and how deep a student that learns from the original is. */
export function StudentCard({ index, handle }: StudentCardProps) {
  const { t, language } = useWords();
  const { setStudent, endGesture } = useActions();
  const dial = useStudio(selectDial);
  const turnWidth = useCallback((width: number) => setStudent({ width }, 'student'), [setStudent]);
  const turnDepth = useCallback((depth: number) => setStudent({ depth }, 'student'), [setStudent]);
  if (dial === undefined) return null;
  const { size, min, step } = dial;
  return (
    <CardFrame
      name={<Term word="recipe.distill" meaning="term.distillation" />}
      plainName={t('recipe.distill')}
      index={index}
      handle={handle}
      testId="card-distill"
    >
      <Dial
        label={t('recipe.width')}
        value={size.width}
        min={min.width}
        max={1}
        step={step.width}
        unit="percent"
        valueText={t('recipe.widthOf', { share: formatPercent(size.width, language, 0) })}
        onChange={turnWidth}
        onSettled={endGesture}
        testId="student-width"
      />
      <Dial
        label={t('recipe.depth')}
        value={size.depth}
        min={min.depth}
        max={1}
        step={step.depth}
        unit="percent"
        valueText={t('recipe.depthOf', { share: formatPercent(size.depth, language, 0) })}
        onChange={turnDepth}
        onSettled={endGesture}
        testId="student-depth"
      />
      {index === undefined ? null : (
        <>
          <StepField index={index} option="epochs" />
          <StepField index={index} option="control" />
          <MoreOptions
            index={index}
            hide={['student.width', 'student.depth', 'epochs', 'control']}
          />
        </>
      )}
    </CardFrame>
  );
}
