import {
  activeSteps,
  createRecipeContext,
  EngineError,
  measureShapes,
  modelSize,
  parseRecipe,
  probeFeeds,
  runRecipe,
  sessionOptionsFor,
  toModelFile,
  unwrap,
  type Feeds,
  type Model,
  type Recipe,
  type ShapeMap,
  type Task,
} from '../engine/index.ts';
import { hashOf } from './digest.ts';
import { loadOnly, notTrained } from './training/load-only.ts';
import { trainingKeys, trainingPlace, trainingStand } from './training/training-keys.ts';
import type { TrainingSession } from './training/training-session.ts';
import { variantKey } from './variant-key.ts';
import type { StoredVariant } from './variants.ts';
import type { Workspace } from './workspace.ts';

/**
 * Runs a recipe on the open model, or finds the variant it gave before under the same backend, data and sizes. Steps that train are
 * carried out only within a `training`; without one they are taken from their checkpoints, and `train/not-trained` is thrown
 * where they are not finished.
 */
export async function buildVariant(
  workspace: Workspace,
  asked: Recipe,
  task: Task,
  training?: TrainingSession,
): Promise<StoredVariant> {
  // What comes over the wire is checked and completed with every option's default.
  const recipe = unwrap(parseRecipe(asked));
  const open = workspace.model();
  const { backend } = workspace.settings;
  const key = variantKey(workspace, recipe);
  const kept = workspace.variants.byKey(key);
  if (kept !== undefined) return kept;

  if (training === undefined) await refuseUntrained(workspace, recipe);
  const isOriginal = activeSteps(recipe).length === 0;
  const { model, outcomes } = isOriginal
    ? { model: open.model, outcomes: [] }
    : await runRecipe(open.model, recipe, contextFor(workspace, recipe, task, training));
  const file = isOriginal ? open.file() : toModelFile(model);
  const hash = await hashOf(file);
  const variant: StoredVariant = {
    id: isOriginal ? 'original' : variantId(key),
    key,
    recipe,
    model,
    file,
    sessionOptions: sessionOptionsFor(model, backend),
    hash: hash.slice(0, 16),
    sizeBytes: isOriginal ? open.summary.sizeBytes : modelSize(model),
    outcomes,
    measured: new Map(),
    observed: new Map(),
  };
  workspace.variants.add(variant);
  return variant;
}

/** The variant behind an id the page was given; built again where it had to make room. */
export function variantById(workspace: Workspace, id: string, task: Task): Promise<StoredVariant> {
  const recipe = workspace.variants.recipeOf(id);
  if (recipe === undefined)
    throw new EngineError('argument/invalid', {
      where: id,
      detail: 'this variant is not known',
      hint: 'Measure its recipe again',
    });
  return buildVariant(workspace, recipe, task);
}

export const originalRecipe: Recipe = { version: 1, seed: 0, steps: [] };

async function refuseUntrained(workspace: Workspace, recipe: Recipe): Promise<void> {
  const stand = await trainingStand(workspace, recipe);
  if (stand === 'needed' || stand === 'started') throw notTrained('the recipe');
}

function contextFor(
  workspace: Workspace,
  recipe: Recipe,
  task: Task,
  training: TrainingSession | undefined,
): Parameters<typeof runRecipe>[2] {
  const open = workspace.model();
  const { settings } = workspace;
  const { host, enter } =
    training ?? loadOnly(trainingKeys(workspace, recipe), workspace.trainings);
  const place = trainingPlace(workspace);
  const context = createRecipeContext({
    backend: settings.backend,
    runtime: () => Promise.resolve(workspace.runtime()),
    data: workspace.data,
    dims: settings.dims,
    task,
    known: open.shapes === undefined ? new Map() : new Map([[open.model, open.shapes]]),
    training: { host, modelKey: place.model, dataKey: place.data },
    models: workspace.students,
  });
  return {
    ...context,
    async learning(original) {
      const source = await context.learning?.(original);
      return (
        source && {
          ...source,
          key(whole, index) {
            // What is noted of the step before needs no waiting for.
            void enter(index);
            return source.key(whole, index);
          },
        }
      );
    },
  };
}

/** Measured shapes of the original, once per model and sizes. */
export async function originalShapes(workspace: Workspace, task: Task): Promise<ShapeMap> {
  const open = workspace.model();
  open.shapes ??= await measureShapes(
    open.model,
    workspace.runtime(),
    await feedsFor(workspace, open.model),
    task,
  );
  return open.shapes;
}

/** One input to run a model of this workspace with. */
export const feedsFor = (workspace: Workspace, model: Model): Promise<Feeds> =>
  probeFeeds(model, workspace.data, workspace.settings.dims);

/** FNV-1a in 64 bits of the key: short, and the same for the same recipe under the same conditions. */
function variantId(key: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(key))
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash.toString(16).padStart(16, '0');
}
