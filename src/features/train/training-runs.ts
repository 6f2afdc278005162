import type { TrainingCurves, TrainingStepLog } from '../../store/index.ts';
import type { Metric } from './training-words.ts';

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
