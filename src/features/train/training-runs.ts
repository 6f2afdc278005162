import type { TrainingCurves, TrainingStepLog } from '../../store/index.ts';
import type { Metric, Score } from './training-words.ts';

/** The two runs of a step that trains: the student, and where it was asked for the same student without the teacher. */
export type Run = 'student' | 'control';

export const runsOf = (
  log: TrainingStepLog,
): readonly { readonly run: Run; readonly curves: TrainingCurves }[] =>
  (['control', 'student'] as const).flatMap((run) => {
    const curves = log[run];
    return curves === undefined ? [] : [{ run, curves }];
  });

export const metricOf = (log: TrainingStepLog): Metric | undefined =>
  runsOf(log).flatMap(({ curves }) => curves.validation)[0]?.metric;

export const teacherOf = (log: TrainingStepLog): number | undefined =>
  runsOf(log)
    .map(({ curves }) => curves.report.teacher)
    .find((value) => value !== undefined);

/** The run that reports last: the one that is not done, else the student. */
export const movingRun = (log: TrainingStepLog): TrainingCurves | undefined =>
  [log.student, log.control].find(
    (curves) => curves !== undefined && curves.report.phase !== 'done',
  ) ??
  log.student ??
  log.control;

/** The step that trains or trained last. */
export const newestStep = (steps: readonly TrainingStepLog[]): TrainingStepLog | undefined =>
  steps.findLast(({ student, control }) => student !== undefined || control !== undefined) ??
  steps[0];

/**
 * The scores worth drawing, by run. What a student scores before its first step may lie so far off that nothing else could be told
 * apart: then it is left out of the drawing (not of the table), and the drawing says so.
 */
export interface ShownScores {
  readonly of: (run: Run) => readonly Score[];
  readonly leftOut: Score | undefined;
}

export function shownScores(log: TrainingStepLog): ShownScores {
  const all = runsOf(log).flatMap(({ curves }) => curves.validation);
  const teacher = teacherOf(log);
  const later = all.filter(({ step }) => step > 0).map(({ value }) => value);
  const settled = teacher === undefined ? later : [...later, teacher];
  const low = settled.reduce((a, b) => Math.min(a, b), Infinity);
  const high = settled.reduce((a, b) => Math.max(a, b), -Infinity);
  const first = all.find(({ step }) => step === 0);
  const isBest = log.student?.report.best?.step === 0 || log.control?.report.best?.step === 0;
  const isFar =
    first !== undefined && (first.value < low - (high - low) || first.value > high + (high - low));
  const leftOut = later.length >= 2 && isFar && !isBest ? first : undefined;
  return {
    of: (run) =>
      (log[run]?.validation ?? []).filter(({ step }) => leftOut === undefined || step > 0),
    leftOut,
  };
}
