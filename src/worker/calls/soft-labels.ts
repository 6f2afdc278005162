import type { PredictionSet } from '../../engine/index.ts';
import { buildVariant, originalRecipe } from '../build-variant.ts';
import { conditionsOf } from '../conditions.ts';
import type { SoftLabels } from '../protocol.ts';
import type { Handler } from '../studio.ts';
import { workerTask } from '../task.ts';
import type { Workspace } from '../workspace.ts';
import { pictureOf, predictedBy } from './predictions.ts';

/**
 * The original's class scores on a few samples, from unsure to sure, for the page to soften at any temperature. What was observed for
 * the accuracy is used again, so that no training has to be waited for.
 */
export const softLabels: Handler<'soft-labels'> = async ({ count }, context) => {
  const { workspace } = context;
  const known = observedBefore(workspace);
  if (known !== undefined) return rowsOf(workspace, known, count);
  return workspace.jobs.run(context.id, 'user', async (signal) => {
    const task = workerTask(signal, context.progress);
    const original = await buildVariant(workspace, originalRecipe, task);
    const predictions = await predictedBy(workspace, original, task);
    return predictions === undefined ? { rows: [] } : rowsOf(workspace, predictions, count);
  });
};

function observedBefore(workspace: Workspace): PredictionSet | undefined {
  const original = workspace.variants.byId('original');
  return original?.observed.get(conditionsOf(workspace))?.predictions;
}

async function rowsOf(
  workspace: Workspace,
  predictions: PredictionSet,
  count: number,
): Promise<SoftLabels> {
  const { data } = workspace;
  const { classes, outputs } = predictions;
  if (data === undefined || classes === 0) return { rows: [] };
  const chosen = fromUnsureToSure(predictions, count).filter(
    (row) => (outputs.rows[row]?.length ?? 0) >= classes,
  );
  const rows: SoftLabels['rows'][number][] = [];
  for (const row of chosen) {
    const index = predictions.indices[row] ?? 0;
    rows.push({
      index,
      image: pictureOf(await data.dataset.sample(index)),
      label: predictions.labels?.[row],
      logits: logitsOf((outputs.rows[row] ?? new Float32Array()).slice(0, classes)),
    });
  }
  return { rows };
}

/** Rows at even distances of the order by confidence: on sure samples alone softening would show nothing. */
function fromUnsureToSure({ indices, kept, topScores }: PredictionSet, count: number): number[] {
  const order = Array.from(indices.keys()).toSorted(
    (a, b) => (topScores[a * kept] ?? 0) - (topScores[b * kept] ?? 0) || a - b,
  );
  const picked = Math.min(count, order.length);
  const last = Math.floor((order.length - 1) * surest);
  return Array.from(
    { length: picked },
    (_, i) => order[picked === 1 ? 0 : Math.floor((i * last) / (picked - 1))] ?? 0,
  );
}

/** Beyond this share of the samples a trained classifier is sure of everything. */
const surest = 0.6;

/** A model that ends in a softmax gives probabilities: their logarithms are logits up to a constant. */
export function logitsOf(scores: Float32Array): Float32Array {
  const sum = scores.reduce((total, score) => total + score, 0);
  const areShares = Math.abs(sum - 1) < 1e-2 && scores.every((score) => score >= 0 && score <= 1);
  return areShares ? scores.map((score) => Math.log(Math.max(score, 1e-12))) : scores;
}
