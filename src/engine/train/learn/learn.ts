import { EngineError } from '../../core/index.ts';
import type { LearnContext, Learned, LearnRequest } from '../learning.ts';
import { Course } from './course.ts';
import { prepareLearning } from './prepare.ts';
import { loadCheckpoint, saveCheckpoint, signatureOf } from './stored-checkpoint.ts';
import { Trainer } from './trainer.ts';
import { withWeights } from './with-weights.ts';

/**
 * Trains the student as asked and returns it with the best weights seen on validation samples (split off the data, seeded, in class
 * proportion). One run of the runtime per batch; weights and optimizer state stay in the runtime. With a teacher and augmentation, a sample has a
 * fixed small number of views, so that the teacher's answers are computed once per view (`teacher-answers.ts`).
 *
 * Checkpoints: an interrupted training goes on with the next step and gives the same bytes as one that ran through; a finished one stays, so
 * that asking again with the same key returns at once. `host.gate` is asked before every step.
 *
 * Throws what `prepareLearning` refuses; `cancelled`; `train/diverged` when the loss is no number before anything was learnt (later the
 * best weights are returned, with `ended: 'diverged'`). Sessions are released however it ends.
 */
export async function learn(request: LearnRequest, context: LearnContext): Promise<Learned> {
  const { host } = context;
  const signature = signatureOf(request);
  const known = await loadCheckpoint(request, host.checkpoints, signature);
  if (known?.ended !== undefined) {
    const { best, teacher, step: steps, ended } = known;
    return { model: withWeights(request.student, known.weights), best, teacher, steps, ended };
  }
  preparing(request, context);
  const prepared = await prepareLearning(request, context);
  let trainer: Trainer | undefined;
  let failed = true;
  try {
    trainer = await Trainer.open(request, prepared, context.runtime);
    const course = new Course(request, context, prepared, trainer, signature);
    const { weights, best, teacher, steps, ended, points } = await course.run(known);
    await saveCheckpoint(request, host.checkpoints, {
      signature,
      step: steps,
      best,
      teacher,
      points,
      ended,
      state: {},
      weights,
    });
    failed = false;
    return { model: withWeights(request.student, weights), best, teacher, steps, ended };
  } catch (error) {
    // Going on from just before would end in the same place.
    if (error instanceof EngineError && error.code === 'train/diverged')
      await host.checkpoints?.remove(request.key);
    throw error;
  } finally {
    const release = async (): Promise<void> => {
      await trainer?.release();
      await prepared.teacher?.release();
    };
    // Where something failed already, a runtime that is dead as well would only hide the cause.
    await (failed ? release().catch(() => undefined) : release());
  }
}

function preparing({ run, settings }: LearnRequest, { host }: LearnContext): void {
  host.report({
    run,
    phase: 'preparing',
    epoch: 1,
    epochs: settings.epochs,
    step: 0,
    steps: 0,
    loss: undefined,
    parts: {},
    learningRate: 0,
    validation: undefined,
    best: undefined,
    teacher: undefined,
    samplesPerSecond: undefined,
    etaMs: undefined,
  });
}
