import { activeSteps, methodById, trainingKey, type Recipe } from '../../engine/index.ts';
import type { TrainingStand } from '../protocol.ts';
import { variantKey } from '../variant-key.ts';
import type { Workspace } from '../workspace.ts';

/** A step that trains: its place in the recipe, its place among the active steps, and its name among the checkpoints. */
export interface TrainingKey {
  readonly step: number;
  readonly active: number;
  readonly key: string;
}

/** What trainings of this workspace belong to: other data, sizes or backend make other trainings. */
export const trainingPlace = (workspace: Workspace): Parameters<typeof trainingKey>[0] => ({
  model: workspace.model().id,
  data: workspace.data?.key ?? '',
  dims: workspace.settings.dims,
  backend: workspace.settings.backend,
});

/** The steps of a recipe that train and are switched on, in order. */
export function trainingKeys(workspace: Workspace, recipe: Recipe): TrainingKey[] {
  const place = trainingPlace(workspace);
  return activeSteps(recipe).flatMap((step, active) =>
    methodById(step.method)?.needs.includes('training') === true
      ? [{ step: recipe.steps.indexOf(step), active, key: trainingKey(place, recipe, active) }]
      : [],
  );
}

/** How far the training of a recipe has come, from what is kept of it; what was built and is still here is trained. */
export async function trainingStand(workspace: Workspace, recipe: Recipe): Promise<TrainingStand> {
  const keys = trainingKeys(workspace, recipe);
  if (keys.length === 0) return 'none';
  if (workspace.variants.byKey(variantKey(workspace, recipe)) !== undefined) return 'trained';
  const records = await Promise.all(keys.map(({ key }) => workspace.trainings.read(key)));
  if (records.every((record) => record?.log?.finished === true)) return 'trained';
  return records.some((record) => record !== undefined) ? 'started' : 'needed';
}
