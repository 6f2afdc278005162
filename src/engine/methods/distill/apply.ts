import { EngineError } from '../../core/index.ts';
import type { Model } from '../../graph/index.ts';
import type { ApplyContext, Planned } from '../method.ts';
import { requireClassroom } from '../shared/learning/learning-set.ts';
import { prepareLesson } from '../shared/learning/lesson.ts';
import type { LearningStart } from '../shared/learning/settings-of.ts';
import type { DistillOptions } from './options.ts';
import type { DistillPlan } from './plan.ts';
import { buildStudent } from './student/index.ts';

/**
 * Builds the student and teaches it what the original answers. With `control` the same student learns from hard labels alone as well, so that
 * the chart shows what the teacher was worth; that one is thrown away.
 */
export async function apply(
  { plan }: Planned<DistillPlan>,
  options: DistillOptions,
  context: ApplyContext,
): Promise<Model> {
  const classroom = requireClassroom('distill', context, options.samples);
  const { learning } = classroom;
  if (learning.rounded !== undefined)
    throw new EngineError('method/refused', {
      where: 'distill',
      detail: 'the model is quantized already, and a student is cut from float weights',
      hint: 'Put this step before the quantization, and "recover" behind it',
    });
  const { student, start, blockEnds } = studentOf(plan, options, context);
  const lesson = await prepareLesson(
    {
      where: 'distill',
      float: student,
      student,
      teacher: learning.original,
      options,
      start,
      learns: () => true,
      keepsZeros: start !== 'fresh',
      hints: options.hints ? { preferred: blockEnds } : undefined,
      norms: true,
      mayDiffer: plan.kind === 'own',
    },
    classroom,
    context,
  );
  if (options.control && !lesson.labelled)
    throw new EngineError('method/refused', {
      where: 'distill',
      detail:
        'the comparison without a teacher learns from labels, and there are none that fit the outputs',
      hint: 'Switch "control" off, or open labelled data',
    });
  const learned = await lesson.learn('student');
  if (options.control) await lesson.learn('control');
  return learned;
}

interface Start {
  readonly student: Model;
  readonly start: LearningStart;
  readonly blockEnds: readonly string[];
}

function studentOf(plan: DistillPlan, { weights }: DistillOptions, { rng }: ApplyContext): Start {
  if (plan.kind === 'own') return { student: plan.model, start: 'student', blockEnds: [] };
  const seed = rng.fork('student').uint32();
  const { model, blockEnds } = buildStudent(plan.student, { weights, seed });
  return { student: model, start: weights === 'fresh' ? 'fresh' : 'student', blockEnds };
}
