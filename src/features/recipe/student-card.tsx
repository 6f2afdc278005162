import { useCallback } from 'react';
import {
  memo,
  type StudentDial,
  studentDial,
  type StudioState,
  useActions,
  useStudio,
} from '../../store/index.ts';
import { Dial } from '../../ui/dial.tsx';
import { formatPercent, useWords } from '../../ui/index.ts';
import { Term } from '../../ui/term.tsx';
import { CardFrame } from './card-frame.tsx';
import { MoreOptions } from './more-options.tsx';
import { OwnStudent, OwnStudentChooser } from './own-student.tsx';
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

/** The student that learns from the original: how wide and how deep it is, or the file it comes from. */
export function StudentCard({ index, handle }: StudentCardProps) {
  const { t } = useWords();
  const dial = useStudio(selectDial);
  if (dial === undefined) return null;
  const { own } = dial;
  return (
    <CardFrame
      name={<Term word="recipe.distill" meaning="term.distillation" />}
      plainName={t('recipe.distill')}
      index={index}
      handle={handle}
      testId="card-distill"
    >
      {own === undefined ? <SizeDials dial={dial} /> : <OwnStudent file={own.file} />}
      {index === undefined ? (
        <OwnStudentChooser />
      ) : (
        <>
          <StepField index={index} option="epochs" line />
          <StepField index={index} option="control" />
          <div className="student-foot">
            <MoreOptions index={index} hide={own === undefined ? shownAbove : shownAboveOwn} />
            {own === undefined ? <OwnStudentChooser /> : null}
          </div>
        </>
      )}
    </CardFrame>
  );
}

const shownAbove = ['student.width', 'student.depth', 'epochs', 'control'];
/** A student that was brought along starts from its own weights. */
const shownAboveOwn = [...shownAbove, 'weights'];

function SizeDials({ dial: { size, min, step } }: { readonly dial: StudentDial }) {
  const { t, language } = useWords();
  const { setStudent, endGesture } = useActions();
  const turnWidth = useCallback((width: number) => setStudent({ width }, 'student'), [setStudent]);
  const turnDepth = useCallback((depth: number) => setStudent({ depth }, 'student'), [setStudent]);
  return (
    <>
      <Dial
        label={t('recipe.width')}
        shortLabel={t('recipe.widthShort')}
        line
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
        shortLabel={t('recipe.depthShort')}
        line
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
    </>
  );
}
