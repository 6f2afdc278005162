import { edit, type Model } from '../graph/index.ts';
import { makeTensor } from '../tensor/index.ts';
import type { TrainingState } from './loop.ts';
import type { TrainingGraph } from './training-graph.ts';

/**
 * The model with the weights and running statistics of a training state: `model` must be the one
 * the training graph was made from. `weights: 'average'` takes the moving averages instead (where
 * the graph carries them).
 */
export function trainedModel(
  model: Model,
  graph: TrainingGraph,
  state: TrainingState,
  weights: 'last' | 'average' = 'last',
): Model {
  const role = weights === 'average' ? 'average' : 'weight';
  const constants = new Set(model.graph.constants);
  return edit(model, (change) => {
    for (const slot of graph.state) {
      if (slot.role !== role && slot.role !== 'running') continue;
      const tensor = state[slot.input];
      if (!(tensor?.data instanceof Uint8Array)) throw new Error(`the state has no ${slot.input}`);
      if (!constants.has(slot.of)) throw new Error(`${slot.of.name} belongs to another model`);
      change.setConstant(slot.of, makeTensor(tensor.dtype, tensor.dims, tensor.data.slice()));
    }
  });
}
