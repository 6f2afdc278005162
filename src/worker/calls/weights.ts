import {
  activeSteps,
  countParameters,
  EngineError,
  toFloat32,
  type Model,
  type Recipe,
  type Tensor,
} from '../../engine/index.ts';
import { buildVariant, feedsFor } from '../build-variant.ts';
import type { WeightsReply } from '../protocol.ts';
import type { Handler } from '../studio.ts';
import { workerTask } from '../task.ts';
import { effectiveWeight, gridOf } from '../weight-values.ts';

const bins = 96;

/** The histogram of one weight before and after a recipe, with the pruning threshold and the grid it can take values on. */
export const weights: Handler<'weights'> = ({ recipe, weight }, context) =>
  context.workspace.jobs.run(context.id, 'user', async (signal) => {
    const { workspace } = context;
    const task = workerTask(signal, context.progress);
    const original = tensorNamed(workspace.model().model, weight);
    if (original === undefined)
      throw new EngineError('argument/invalid', {
        where: weight,
        detail: 'the model has no such weight',
      });
    const before = toFloat32(original);
    const variant = await buildVariant(workspace, withVisibleWeights(recipe), task);
    const after =
      activeSteps(recipe).length === 0
        ? undefined
        : await effectiveWeight(
            workspace.model().model,
            variant.model,
            weight,
            workspace.runtime(),
            await feedsFor(workspace, variant.model),
          );
    const quantized = activeSteps(recipe).some((step) => step.method.startsWith('quantize-'));
    const edges = edgesOf(before);
    return {
      weight,
      dims: original.dims,
      count: before.length,
      edges,
      before: histogram(before, edges),
      after: after === undefined ? undefined : histogram(after.values, edges),
      threshold: thresholdOf(recipe, before, after?.values),
      grid: after === undefined || !quantized ? undefined : gridOf(after),
      zeros: {
        before: zerosIn(before),
        after: after === undefined ? undefined : zerosIn(after.values),
      },
    } satisfies WeightsReply;
  });

/**
 * MatMulNBits keeps its weights inside the operator, where no value of the graph shows them. Stored for DequantizeLinear they are
 * the same numbers: the grid and the rounding do not depend on the form.
 */
const withVisibleWeights = (recipe: Recipe): Recipe => ({
  ...recipe,
  steps: recipe.steps.map((step) =>
    step.method === 'quantize-weights' ? { ...step, products: 'dequantize' } : step,
  ),
});

function tensorNamed(model: Model, name: string): Tensor | undefined {
  const found = countParameters(model).parameters.find(({ value }) => value.name === name)?.tensor;
  return found === undefined || 'values' in found ? undefined : found;
}

/** Equal bins over the range of the original, symmetric about zero when it holds both signs, so that zero is an edge's neighbour. */
function edgesOf(values: Float32Array): Float32Array {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (!(low < high))
    [low, high] = [(Number.isFinite(low) ? low : 0) - 0.5, (Number.isFinite(low) ? low : 0) + 0.5];
  if (low < 0 && high > 0) [low, high] = [-Math.max(-low, high), Math.max(-low, high)];
  return Float32Array.from({ length: bins + 1 }, (_, i) => low + ((high - low) * i) / bins);
}

function histogram(values: Float32Array, edges: Float32Array): Uint32Array {
  const counts = new Uint32Array(edges.length - 1);
  const low = edges[0] as number;
  const width = ((edges.at(-1) as number) - low) / counts.length;
  for (const value of values) {
    const bin = Math.min(counts.length - 1, Math.max(0, Math.floor((value - low) / width)));
    counts[bin] = (counts[bin] as number) + 1;
  }
  return counts;
}

/** The largest magnitude that became zero, where a step pruned single weights and the weight kept its shape. */
function thresholdOf(
  recipe: Recipe,
  before: Float32Array,
  after: Float32Array | undefined,
): number | undefined {
  const prunes = activeSteps(recipe).some(
    (step) =>
      step.method === 'prune-weights' && (step['pattern'] ?? 'unstructured') === 'unstructured',
  );
  if (!prunes || after === undefined || after.length !== before.length) return undefined;
  let smallestKept = Infinity;
  for (let i = 0; i < before.length; i++)
    if (after[i] !== 0 && before[i] !== 0)
      smallestKept = Math.min(smallestKept, Math.abs(before[i] as number));
  return Number.isFinite(smallestKept) ? smallestKept : undefined;
}

function zerosIn(values: Float32Array): number {
  let zeros = 0;
  for (const value of values) if (value === 0) zeros++;
  return zeros;
}
