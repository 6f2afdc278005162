import {
  keptPlaces,
  keptSize,
  losesAny,
  type ChannelGroup,
  type ChannelGroups,
  type KeptLeaves,
  type ShapeMap,
  type StoredTensor,
} from '../../../analysis/index.ts';
import { edit, type Model, type ModelEdit, type Value } from '../../../graph/index.ts';
import type { Tensor } from '../../../tensor/index.ts';
import { blankTensor } from '../blank-tensor.ts';
import { sliceTensor } from '../slice-tensor.ts';
import { fixLengths } from './fix-lengths.ts';

/** Channels that stay, ascending, at least one; groups that are absent keep all. */
export type KeptChannels = ReadonlyMap<ChannelGroup, Uint32Array>;

export interface Removed {
  readonly model: Model;
  /** Shapes of the new model's values, from those of the old. */
  readonly shapes: ShapeMap;
}

/**
 * The model without the channels that `kept` leaves out: every stored tensor that has them is sliced along all its axes at once, numbers that
 * name lengths are written anew. `real` slices the weights; otherwise blank tensors of the same dims take their place (blank-tensor.ts), so
 * that size and shapes are known while a slider moves. A tensor that several operators read and cut differently becomes one for each.
 */
export function removeChannels(
  model: Model,
  groups: ChannelGroups,
  kept: KeptChannels,
  shapes: ShapeMap,
  real = true,
): Removed {
  const leaves = leavesKept(kept);
  let after: ShapeMap = shapes;
  const next = edit(model, (e) => {
    for (const stored of groups.stored) cut(e, stored, leaves, real);
    fixLengths(e, groups, leaves);
    for (const [value, dims] of groups.dims)
      if (value.constant === undefined && dims.some((dim) => losesAny(dim, leaves)))
        e.setType(value, undefined);
    after = shapesAfter(e, groups, shapes, leaves);
    e.removeDead();
  });
  return { model: next, shapes: after };
}

function leavesKept(kept: KeptChannels): KeptLeaves {
  const leaves = new Map<ChannelGroup['leaf'], Uint32Array>();
  for (const [group, channels] of kept) {
    if (channels.length === 0)
      throw new RangeError(`group ${group.id} would lose all its channels`);
    if (channels.length < group.size) leaves.set(group.leaf, channels);
  }
  return leaves;
}

function cut(e: ModelEdit, stored: StoredTensor, kept: KeptLeaves, real: boolean): void {
  const axes = [...stored.dims.keys()].filter((axis) =>
    losesAny(stored.dims[axis] as StoredTensor['dims'][number], kept),
  );
  if (axes.length === 0) return;
  const tensor = real ? sliced(stored, axes, kept) : blank(stored, kept);
  const value = e.value(stored.value);
  const { use } = stored;
  if (use !== undefined && value.uses.length > 1)
    e.setInput(use.node, use.index, e.addConstant(`${value.name}_cut`, tensor));
  else if (value.constant !== undefined) e.setConstant(value, tensor);
  else e.replaceUses(value, e.addConstant(`${value.name}_cut`, tensor));
}

/** Outer axes first, so that what is copied next is already smaller in long rows. */
const sliced = (stored: StoredTensor, axes: readonly number[], kept: KeptLeaves): Tensor =>
  axes.reduce(
    (tensor, axis) =>
      sliceTensor(
        tensor,
        axis,
        keptPlaces(stored.dims[axis] as StoredTensor['dims'][number], kept),
      ),
    stored.tensor,
  );

const blank = ({ tensor, dims }: StoredTensor, kept: KeptLeaves): Tensor =>
  blankTensor(
    tensor.dtype,
    dims.map((dim) => keptSize(dim, kept)),
  );

function shapesAfter(
  e: ModelEdit,
  groups: ChannelGroups,
  shapes: ShapeMap,
  kept: KeptLeaves,
): ShapeMap {
  const after = new Map<Value, readonly number[]>();
  for (const [value, measured] of shapes) {
    const dims = groups.dims.get(value);
    const target = e.value(value);
    after.set(
      target,
      target.constant?.dims ??
        (dims !== undefined && dims.length === measured.length
          ? dims.map((dim) => keptSize(dim, kept))
          : measured),
    );
  }
  for (const value of e.model.graph.constants)
    if (value.constant !== undefined) after.set(value, value.constant.dims);
  return after;
}
