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
  const [was, is] = [await seen(original, laboratory), await seen(model, laboratory)];
  return { ...qualityOf(was, is), explained: explained(was.outputs.rows, is.outputs.rows) };
}

/**
 * The share of what differs from sample to sample in the original's outputs that the model tells as well: 1 − Σ (ref − x)² ÷ Σ (ref − mean)².
 * A model that answers every sample with the mean has 0.
 */
function explained(reference: readonly Float32Array[], rows: readonly Float32Array[]): number {
  const means = new Float64Array(reference[0]?.length ?? 0);
  for (const row of reference)
    row.forEach((value, k) => (means[k] = (means[k] as number) + value / reference.length));
  let spread = 0;
  let error = 0;
  reference.forEach((row, i) =>
    row.forEach((value, k) => {
      spread += (value - (means[k] as number)) ** 2;
      error += (value - (rows[i]?.[k] as number)) ** 2;
    }),
  );
  return 1 - error / spread;
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
