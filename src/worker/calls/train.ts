import { EngineError, parseRecipe, unwrap } from '../../engine/index.ts';
import { buildVariant } from '../build-variant.ts';
import type { Handler } from '../studio.ts';
import { workerTask } from '../task.ts';
import { exclusively } from '../training/exclusive.ts';
import { trainingKeys } from '../training/training-keys.ts';
import { startTrainingSession } from '../training/training-session.ts';

/** Trains what a recipe asks to be trained, and keeps the variant: the one call that may take minutes unasked for anything else. */
export const train: Handler<'train'> = (body, context) =>
  context.workspace.jobs.run(context.id, 'user', async (signal) => {
    const { workspace } = context;
    const recipe = unwrap(parseRecipe(body.recipe));
    const keys = trainingKeys(workspace, recipe);
    const task = workerTask(signal, context.progress);
    return exclusively(
      keys.map(({ key }) => key),
      async () => {
        const session = await startTrainingSession({
          recipe,
          keys,
          store: workspace.trainings,
          signal,
          nowMs: () => performance.now(),
          post: context.training,
        });
        workspace.training = session;
        try {
          await buildVariant(workspace, recipe, task, session);
          return await session.finish();
        } finally {
          session.end();
          workspace.training = undefined;
        }
      },
    );
  });

/** The buttons of the training that runs. Pressed too late, they do nothing. */
export const steerTraining: Handler<'steer-training'> = ({ command }, { workspace }) => {
  workspace.training?.command(command);
  return Promise.resolve({});
};

/** How far a recipe's training steps have come, from what is kept of them. */
export const trainingLog: Handler<'training-log'> = async ({ recipe: asked }, { workspace }) => {
  const recipe = unwrap(parseRecipe(asked));
  const records = await Promise.all(
    trainingKeys(workspace, recipe).map(async ({ key, step }) => ({
      step,
      record: await workspace.trainings.read(key),
    })),
  );
  return {
    steps: records.flatMap(({ step, record }) =>
      record?.log === undefined ? [] : [{ ...record.log, step }],
    ),
  };
};

/** Starting over: nothing is kept of a recipe's trainings. */
export const forgetTraining: Handler<'forget-training'> = async (
  { recipe: asked },
  { workspace },
) => {
  if (workspace.training !== undefined)
    throw new EngineError('argument/invalid', {
      where: 'training',
      detail: 'it is running',
      hint: 'Stop it first',
    });
  const recipe = unwrap(parseRecipe(asked));
  const keys = new Set(trainingKeys(workspace, recipe).map(({ key }) => key));
  for (const key of keys) await workspace.trainings.remove(key);
  workspace.variants.remove((variant) =>
    trainingKeys(workspace, variant.recipe).some(({ key }) => keys.has(key)),
  );
  return {};
};
