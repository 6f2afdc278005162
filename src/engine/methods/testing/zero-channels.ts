import {
  keptPlaces,
  losesAny,
  type ChannelGroups,
  type ChannelAxis,
} from '../../analysis/index.ts';
import { edit, type Model } from '../../graph/index.ts';
import { elementCount, makeTensor, tensorBytes, type Tensor } from '../../tensor/index.ts';
import type { KeptChannels } from '../shared/remove-channels/index.ts';

/** The uncut model with zeros in every stored tensor wherever a channel that `kept` leaves out lies: the channels carry nothing. */
export function zeroChannels(model: Model, groups: ChannelGroups, kept: KeptChannels): Model {
  const leaves = new Map([...kept].map(([group, channels]) => [group.leaf, channels]));
  return edit(model, (e) => {
    for (const { value, dims } of groups.stored)
      for (const [axis, dim] of dims.entries()) {
        if (!losesAny(dim, leaves)) continue;
        const tensor = e.value(value).constant;
        if (tensor === undefined) throw new Error(`${value.name} is no initializer`);
        e.setConstant(value, withZeros(tensor, axis, dim, leaves));
      }
  });
}

function withZeros(
  tensor: Tensor,
  axis: number,
  dim: ChannelAxis,
  leaves: Parameters<typeof keptPlaces>[1],
): Tensor {
  const kept = new Set(keptPlaces(dim, leaves));
  const bytes = new Uint8Array(tensorBytes(tensor));
  const length = tensor.dims[axis] as number;
  const width =
    (bytes.length / elementCount(tensor.dims)) * elementCount(tensor.dims.slice(axis + 1));
  for (let row = 0; row * width < bytes.length; row++)
    if (!kept.has(row % length)) bytes.fill(0, row * width, (row + 1) * width);
  return makeTensor(tensor.dtype, tensor.dims, bytes);
}
