import {
  activeSteps,
  createRecipeContext,
  EngineError,
  measureShapes,
  modelSize,
  parseRecipe,
  probeFeeds,
  recipeKey,
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
import type { StoredVariant } from './variants.ts';
import type { Workspace } from './workspace.ts';

/** Runs a recipe on the open model, or finds the variant it gave before under the same backend, data and sizes. */
export async function buildVariant(
  workspace: Workspace,
  asked: Recipe,
  task: Task,
): Promise<StoredVariant> {
  // What comes over the wire is checked and completed with every option's default.
  const recipe = unwrap(parseRecipe(asked));
  const open = workspace.model();
  const { backend } = workspace.settings;
  const key = JSON.stringify([
    recipeKey(recipe),
    backend,
    workspace.data?.key ?? '',
    workspace.settings.dims,
  ]);
  const kept = workspace.variants.byKey(key);
  if (kept !== undefined) return kept;

  const isOriginal = activeSteps(recipe).length === 0;
  const { model, outcomes } = isOriginal
    ? { model: open.model, outcomes: [] }
    : await runRecipe(open.model, recipe, contextFor(workspace, task));
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

function contextFor(workspace: Workspace, task: Task): Parameters<typeof runRecipe>[2] {
  const open = workspace.model();
  const { settings } = workspace;
  return createRecipeContext({
    backend: settings.backend,
    runtime: () => Promise.resolve(workspace.runtime()),
    data: workspace.data,
    dims: settings.dims,
    task,
    known: open.shapes === undefined ? new Map() : new Map([[open.model, open.shapes]]),
  });
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
