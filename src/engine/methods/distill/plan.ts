import { ok, type Result } from '../../core/index.ts';
import type { Model } from '../../graph/index.ts';
import type { PlanContext, Planned } from '../method.ts';
import { predictSizeChange } from '../shared/predict-size.ts';
import { refuse } from '../shared/refuse.ts';
import type { DistillOptions } from './options.ts';
import { planOwnStudent, type OwnStudentPlan } from './own-student.ts';
import { planStudent, type StudentPlan } from './student/index.ts';

/** The student is decided before anything is trained, so its parameters, bytes and MACs are exact; what it will know is not. */
export type DistillPlan =
  | { readonly kind: 'from-teacher'; readonly student: StudentPlan }
  | OwnStudentPlan;

export function plan(
  model: Model,
  { student: size, studentModel }: DistillOptions,
  context: PlanContext,
): Result<Planned<DistillPlan>> {
  if (studentModel !== undefined) return planOwnStudent(model, studentModel, context);
  const { shapes, statistics } = context;
  if (shapes === undefined)
    return refuse(
      'distill',
      'the shapes inside the model are not known',
      'Put this step before those that make them unknown',
    );
  const planned = planStudent(model, shapes, size, statistics);
  if (!planned.ok) return planned;
  const { value: student } = planned;
  const { params, macs } = student.figures;
  return ok({
    plan: { kind: 'from-teacher', student },
    predicted: { params, macs, weightBytes: predictSizeChange(model, student.preview) },
    summary: student.summary,
    preview: () => student.preview,
    previewShapes: () => student.shapes,
    skipped: student.skipped,
  });
}
