import { createStatistics } from '../../analysis/index.ts';
import { EngineError, unwrap } from '../../core/index.ts';
import type { Model } from '../../graph/index.ts';
import type { ApplyContext, Learning, Method, Planned, Rounded } from '../method.ts';
import { carryWeights } from '../shared/learning/carry-weights.ts';
import { requireClassroom } from '../shared/learning/learning-set.ts';
import { prepareLesson } from '../shared/learning/lesson.ts';
import type { RecoverOptions } from './options.ts';

/**
 * The compressed model learns from the original. Where its weights were rounded, the float weights behind them learn with every rounding
 * rehearsed, and the steps that rounded are then applied again, with the same options: same structure, same size.
 */
export async function apply(
  model: Model,
  options: RecoverOptions,
  context: ApplyContext,
): Promise<Model> {
  const classroom = requireClassroom('recover', context, options.samples);
  const { learning } = classroom;
  const rehearsed =
    learning.rounded === undefined
      ? { float: model, student: model }
      : await rehearse(learning.rounded, learning, context);
  const lesson = await prepareLesson(
    {
      where: 'recover',
      ...rehearsed,
      teacher: learning.original,
      options,
      start: learning.rounded === undefined ? 'cut' : 'rounded',
      learns: (_name, dims) =>
        options.learn === 'all' || (options.learn === 'weights') === dims.length > 1,
      keepsZeros: true,
      hints: undefined,
      mayDiffer: false,
    },
    classroom,
    context,
  );
  const learned = await lesson.learn('student');
  const float = carryWeights(learned.model, rehearsed.float);
  if (learning.rounded === undefined) return float;
  learning.rounded.replaceFloat(float);
  return roundAgain(float, learning.rounded, learning, context);
}

async function rehearse(
  { float: start, steps }: Rounded,
  learning: Learning,
  context: ApplyContext,
): Promise<{ float: Model; student: Model }> {
  let float = start;
  let student = start;
  for (const [i, { method, options }] of steps.entries()) {
    const own = contextOf(student, learning, context, i);
    const planned = unwrap(method.plan(student, options, own));
    const rehearsal = await method.rehearse?.(student, planned, options, own);
    if (rehearsal === undefined) throw new Error(`${method.id} cannot be rehearsed`);
    if (i > 0 && rehearsal.float !== student)
      throw new EngineError('method/refused', {
        where: 'recover',
        detail: `${method.id} after ${steps[i - 1]?.method.id ?? ''} cannot be learnt through together`,
        hint: 'Put a "recover" step right after each of them',
      });
    if (i === 0) float = rehearsal.float;
    student = rehearsal.model;
  }
  return { float, student };
}

async function roundAgain(
  float: Model,
  { steps }: Rounded,
  learning: Learning,
  context: ApplyContext,
): Promise<Model> {
  let current = float;
  for (const [i, { method, options }] of steps.entries()) {
    const own = contextOf(current, learning, context, i);
    const planned: Planned<unknown> = unwrap(method.plan(current, options, own));
    current = await method.apply(current, planned, options, own);
  }
  return current;
}

/** What the step that rounds would get if it ran here. */
const contextOf = (
  model: Model,
  learning: Learning,
  context: ApplyContext,
  index: number,
): Parameters<Method['apply']>[3] => ({
  ...context,
  shapes: undefined,
  statistics: createStatistics(model),
  rng: context.rng.fork(`rounding ${index}`),
  calibration: learning.calibration(model),
  learning: undefined,
});
