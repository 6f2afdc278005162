import type { Task } from '../core/index.ts';
import type { Model } from '../graph/index.ts';
import type { ModelShelf } from '../methods/method.ts';
import { measureShapes, type BackendId, type Runtime, type ShapeMap } from '../runtime/index.ts';
import type { TrainingHost } from '../train/index.ts';
import { calibrationFeeds, probeFeeds, type BoundData } from './inputs.ts';
import { learningData } from './learning-data.ts';
import type { RecipeContext } from './run.ts';
import { trainingKey } from './training-key.ts';

/** What the studio and the command line both run recipes with: the same data, order and seeds, so that both write the same bytes. */
export interface ContextSource {
  readonly backend: BackendId;
  readonly runtime: () => Promise<Runtime>;
  readonly data: BoundData | undefined;
  readonly dims: Readonly<Record<string, number>>;
  readonly task: Task;
  /** Shapes known already (of the original). */
  readonly known?: ReadonlyMap<Model, ShapeMap>;
  /** For steps that train; without it they refuse. */
  readonly training?: TrainingSource | undefined;
  /** Models that steps name. */
  readonly models?: ModelShelf | undefined;
}

export interface TrainingSource {
  readonly host: TrainingHost;
  /** What names the open model and data in the key of a checkpoint. */
  readonly modelKey: string;
  readonly dataKey: string;
}

export function createRecipeContext(source: ContextSource): RecipeContext {
  const { backend, data, dims, task, training } = source;
  return {
    backend,
    task,
    models: source.models,
    runtime: source.runtime,
    calibration: (model) => calibrationFeeds(model, data, dims, task),
    async learning(original) {
      if (training === undefined) return undefined;
      const place = { model: training.modelKey, data: training.dataKey, dims, backend };
      return {
        data: data && (await learningData(original, data, dims)),
        host: training.host,
        key: (recipe, index) => trainingKey(place, recipe, index),
      };
    },
    async shapes(model) {
      const known = source.known?.get(model);
      if (known !== undefined) return known;
      return measureShapes(
        model,
        await source.runtime(),
        await probeFeeds(model, data, dims),
        task,
      );
    },
  };
}
