import { terminalTrainingHost } from '../../src/cli/training-host.ts';
import {
  activeSteps,
  createRecipeContext,
  observe,
  parseRecipe,
  qualityOf,
  quietTask,
  runRecipe,
  sessionOptionsFor,
  toModelFile,
  unwrap,
  type BoundData,
  type Model,
  type Runtime,
} from '../../src/engine/index.ts';

/** What experiments are made with: where models run, on which data, and whether the training is shown on the terminal. */
export interface Laboratory {
  readonly runtime: Runtime;
  readonly data: BoundData;
  readonly watch: boolean;
}

export const recipeContext = ({ runtime, data, watch }: Laboratory) =>
  createRecipeContext({
    backend: runtime.backend,
    runtime: () => Promise.resolve(runtime),
    data,
    dims: {},
    task: quietTask,
    training: { host: terminalTrainingHost(watch), modelKey: '', dataKey: '' },
  });

/** The model that a recipe of these steps makes. */
export async function madeByRecipe(
  model: Model,
  steps: readonly object[],
  seed: number,
  laboratory: Laboratory,
): Promise<Model> {
  const recipe = unwrap(parseRecipe({ version: 1, seed, steps }));
  if (activeSteps(recipe).length === 0) return model;
  return (await runRecipe(model, recipe, recipeContext(laboratory))).model;
}

/** Accuracy and fidelity of a model against the original, on the samples that measure. */
export async function qualityAgainst(
  original: Model,
  model: Model,
  laboratory: Omit<Laboratory, 'watch'>,
) {
  return qualityOf(await seen(original, laboratory), await seen(model, laboratory));
}

async function seen(model: Model, { runtime, data }: Omit<Laboratory, 'watch'>) {
  const session = await runtime.create(
    toModelFile(model),
    sessionOptionsFor(model, runtime.backend),
  );
  const samples = data.split.measure.length;
  const common = { source: 'sample', samples, dims: {}, task: quietTask } as const;
  try {
    return await observe({ model, session, data, ...common });
  } finally {
    await session.release();
  }
}
