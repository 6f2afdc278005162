import { createStatistics, nonzeroElements } from '../../analysis/index.ts';
import { EngineError, unwrap } from '../../core/index.ts';
import type { Model } from '../../graph/index.ts';
import { elementCount, type Tensor } from '../../tensor/index.ts';
import type { ApplyContext, Learning, Method, Planned, Rounded } from '../method.ts';
import { requireClassroom } from '../shared/learning/learning-set.ts';
import { prepareLesson } from '../shared/learning/lesson.ts';
import type { LearningStart } from '../shared/learning/settings-of.ts';
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
      ? { float: model, student: model, bits: 32 }
      : await rehearse(learning.rounded, learning, context);
  const start = startOf(learning.original, rehearsed.float, rehearsed.bits);
  const lesson = await prepareLesson(
    {
      where: 'recover',
      float: rehearsed.float,
      student: rehearsed.student,
      teacher: learning.original,
      options,
      start,
      learns: (_name, dims) =>
        options.learn === 'all' || (options.learn === 'weights') === dims.length > 1,
      keepsZeros: true,
      hints: undefined,
      norms: rehearsed.student === rehearsed.float && start === 'cut' && options.learn === 'all',
      mayDiffer: false,
    },
    classroom,
    context,
  );
  const float = await lesson.learn('student');
  if (learning.rounded === undefined) return float;
  learning.rounded.replaceFloat(float);
  return roundAgain(float, learning.rounded, learning, context);
}

/** Cut weights have most to learn, then coarse grids; fine ones only a little. */
function startOf(original: Model, float: Model, bits: number): LearningStart {
  const before = new Map(original.graph.constants.map(({ name, constant }) => [name, constant]));
  const isCut = float.graph.constants.some(({ name, constant }) => {
    const was = before.get(name);
    if (was === undefined || constant === undefined || constant.dims.length < 2) return false;
    return was.dims.join() !== constant.dims.join() || countZeros(constant) > countZeros(was);
  });
  if (isCut) return 'cut';
  if (bits < 4) return 'coarse';
  return bits < 8 ? 'rounded' : 'near';
}

const countZeros = (tensor: Tensor): number =>
  isFloat(tensor) ? elementCount(tensor.dims) - nonzeroElements(tensor) : 0;

const isFloat = ({ dtype }: Tensor): boolean => dtype === 'float32' || dtype === 'float16';

async function rehearse(
  { float: start, steps }: Rounded,
  learning: Learning,
  context: ApplyContext,
): Promise<{ float: Model; student: Model; bits: number }> {
  let bits = 32;
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
    bits = Math.min(bits, rehearsal.bits);
  }
  return { float, student, bits };
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
