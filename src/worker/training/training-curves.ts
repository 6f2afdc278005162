import type { TrainingReport, ValidationPoint } from '../../engine/index.ts';
import type { LossPoint, TrainingCurves, TrainingStepLog } from '../protocol.ts';

/**
 * Curves from reports. A report of an earlier step than the last point means that training began again there (from a checkpoint, or
 * over): what was drawn beyond it is taken back. Curves are thinned by dropping every other point when they grow too long,
 * so that an hour of training costs no more to keep, post and draw than a minute.
 */
export const longestCurve = 400;

/** The log of one step with one more report. */
export function withReport(log: TrainingStepLog, report: TrainingReport): TrainingStepLog {
  const curves = grow(log[report.run], report);
  return report.run === 'student' ? { ...log, student: curves } : { ...log, control: curves };
}

function grow(before: TrainingCurves | undefined, report: TrainingReport): TrainingCurves {
  // Nothing is known yet: what was drawn before stays until there is.
  if (before !== undefined && report.phase === 'preparing')
    return { ...before, report: { ...before.report, phase: 'preparing' } };
  const until = <T extends { readonly step: number }>(points: readonly T[]): readonly T[] =>
    (points.at(-1)?.step ?? 0) > report.step
      ? points.filter(({ step }) => step <= report.step)
      : points;
  return {
    report,
    loss: withLoss(until(before?.loss ?? []), report),
    validation: withValidation(until(before?.validation ?? []), report.validation),
  };
}

function withLoss(points: readonly LossPoint[], report: TrainingReport): readonly LossPoint[] {
  const { step, loss } = report;
  const last = points.at(-1);
  const isNew = last === undefined || step > last.step;
  if (loss === undefined || !Number.isFinite(loss) || !isNew) return points;
  // As far apart as the points that are kept, so that thinning leaves no dense tail.
  const stride = strideOf(points);
  if (points.length > 1 && (last?.step ?? 0) - (points.at(-2)?.step ?? 0) < stride)
    return [...points.slice(0, -1), { step, value: loss }];
  const all = [...points, { step, value: loss }];
  return all.length <= longestCurve ? all : all.filter((_, i) => i % 2 === 0);
}

/** Distance of the first two points: what thinning has left. */
function strideOf(points: readonly LossPoint[]): number {
  const [first, second] = points;
  return first === undefined || second === undefined ? 0 : second.step - first.step;
}

function withValidation(
  points: readonly ValidationPoint[],
  point: ValidationPoint | undefined,
): readonly ValidationPoint[] {
  if (point === undefined) return points;
  const last = points.at(-1);
  // The newest validation stays in every report until the next one.
  if (last !== undefined && point.step <= last.step) return points;
  return [...points, point];
}
