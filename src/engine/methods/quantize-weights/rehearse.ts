import type { Model, ModelEdit, Value } from '../../graph/index.ts';
import { int64Tensor } from '../../tensor/index.ts';
import { straightThrough } from '../../train/index.ts';
import type { Planned, Rehearsal } from '../method.ts';
import { editRehearsal, fakeRounded, readInstead } from '../shared/fake-rounding.ts';
import type { QuantizeWeightsPlan } from './plan.ts';
import type { PlannedWeight } from './write-model.ts';

/** Each planned weight is read rounded, block by block on the grid of block-grid.ts, and learns as if it were not. */
export function rehearse(model: Model, { plan }: Planned<QuantizeWeightsPlan>): Rehearsal {
  const rehearsal = editRehearsal(model, (e) => {
    for (const planned of plan.weights)
      readInstead(e, e.value(planned.target.value), (weight) =>
        straightThrough(e, weight, roundedBlocks(e, weight, planned)),
      );
  });
  return {
    float: model,
    model: rehearsal,
    bits: Math.min(...plan.weights.map(({ grid }) => grid.bits)),
  };
}

function roundedBlocks(e: ModelEdit, weight: Value, planned: PlannedWeight): Value {
  const { target, form, grid } = planned;
  const { rows, columns, axis, view } = form.matrix;
  const size = Math.min(form.blockSize, view.length);
  const blocks = Math.ceil(view.length / size);
  const missing = blocks * size - view.length;
  const integers = (values: readonly number[]): Value =>
    e.addConstant('block_shape', int64Tensor([values.length], values));
  const shaped = (value: Value, dims: readonly number[]): Value =>
    e.op('Reshape', [value, integers(dims)]);
  const matrix = shaped(weight, [rows, columns]);
  // Zeros widen no range, since every range contains 0.
  const ends = axis === 1 ? [0, 0, 0, missing] : [0, 0, missing, 0];
  const full = missing === 0 ? matrix : e.op('Pad', [matrix, integers(ends)]);
  const parted = shaped(full, axis === 1 ? [rows, blocks, size] : [blocks, size, columns]);
  const rounded = fakeRounded(
    e,
    parted,
    [axis === 1 ? 2 : 1],
    grid.symmetric
      ? { kind: 'signed-scale', half: 2 ** (grid.bits - 1) }
      : { kind: 'asymmetric', top: 2 ** grid.bits - 1 },
  );
  const whole = shaped(rounded, axis === 1 ? [rows, blocks * size] : [blocks * size, columns]);
  const cut =
    missing === 0
      ? whole
      : e.op('Slice', [whole, integers([0]), integers([view.length]), integers([axis])]);
  return shaped(cut, target.tensor.dims);
}
