import type { Model } from '../../graph/index.ts';
import { finiteValues } from '../shared/float-values.ts';
import type { ApplyContext, Planned } from '../method.ts';
import { quantizeBlocks } from './block-grid.ts';
import type { QuantizeWeightsPlan } from './plan.ts';
import {
  packCodes,
  writeQuantized,
  type PlannedWeight,
  type StoredTensors,
} from './write-model.ts';

/** Rounds and packs weight by weight, then writes the graph. */
export async function apply(
  model: Model,
  { plan }: Planned<QuantizeWeightsPlan>,
  { task }: ApplyContext,
): Promise<Model> {
  const stored = new Map<PlannedWeight, StoredTensors>();
  for (const weight of plan.weights) {
    const { target, form, grid } = weight;
    const values = finiteValues(target.tensor, target.value.name);
    const codes = quantizeBlocks(values, form.matrix.view, { ...grid, blockSize: form.blockSize });
    stored.set(weight, packCodes(weight, codes));
    task.report({ phase: 'quantizing', done: stored.size, total: plan.weights.length });
    await task.breathe();
  }
  return writeQuantized(
    model,
    plan.weights,
    plan.opset,
    (weight) => stored.get(weight) as StoredTensors,
  );
}
