import {
  joinProfile,
  layerRows,
  measureShapes,
  toModelFile,
  withLayerNames,
  type LayerRow,
  type LayerRun,
  type Task,
} from '../../engine/index.ts';
import {
  buildVariant,
  feedsFor,
  originalRecipe,
  originalShapes,
  variantById,
} from '../build-variant.ts';
import type { LayersReply } from '../protocol.ts';
import type { Handler } from '../studio.ts';
import { workerTask } from '../task.ts';
import type { StoredVariant } from '../variants.ts';
import type { Workspace } from '../workspace.ts';

/** Per-layer rows of the original and of a variant, with latencies from one profiled run of each when asked for. */
export const layers: Handler<'layers'> = ({ variant: id, profile }, context) =>
  context.workspace.jobs.run(context.id, 'user', async (signal) => {
    const { workspace } = context;
    const task = workerTask(signal, context.progress);
    const original = await buildVariant(workspace, originalRecipe, task);
    const variant = await variantById(workspace, id, task);
    const before = await rowsOf(workspace, original, profile, task);
    const after = variant === original ? before : await rowsOf(workspace, variant, profile, task);
    return {
      original: before.layers,
      variant: after.layers,
      remainder: { original: before.remainder, variant: after.remainder },
    } satisfies LayersReply;
  });

interface Rows {
  readonly layers: readonly LayerRow[];
  readonly remainder: LayerRun | undefined;
}

async function rowsOf(
  workspace: Workspace,
  variant: StoredVariant,
  profile: boolean,
  task: Task,
): Promise<Rows> {
  const runtime = workspace.runtime();
  const feeds = await feedsFor(workspace, variant.model);
  const named = withLayerNames(variant.model);
  const isOriginal = named === workspace.model().model;
  const shapes = isOriginal
    ? await originalShapes(workspace, task)
    : await measureShapes(named, runtime, feeds, task);
  const rows = layerRows(named, shapes);
  if (!profile) return { layers: rows, remainder: undefined };
  task.report({ phase: 'profiling', done: 0, total: 1 });
  return joinProfile(
    rows,
    await runtime.profile(toModelFile(named), feeds, variant.sessionOptions),
  );
}
