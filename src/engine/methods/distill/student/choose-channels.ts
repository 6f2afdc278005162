import {
  channelAt,
  type ChannelGroup,
  type ChannelGroups,
  type GroupSlice,
} from '../../../analysis/index.ts';
import { attributeFloat, isOp, type Node, type Value } from '../../../graph/index.ts';
import { plainTensor } from '../../../passes/index.ts';
import { dtypeTable, elementCount, type Tensor } from '../../../tensor/index.ts';
import type { WeightStatistics } from '../../method.ts';
import { isBlank } from '../../shared/blank-tensor.ts';
import { constantOf } from '../../shared/constant-of.ts';
import { floatValues } from '../../shared/float-values.ts';
import type { KeptChannels } from '../../shared/remove-channels/index.ts';

/**
 * The channels a student of `width` keeps: of each group the share `width`, the most important ones. Importance is the group-wise L2 norm
 * of DepGraph (Fang et al. 2023, arXiv:2301.12900 §3.3): the squares of all that the weights of the group hold of the channel, as makers and as
 * readers. Cut without training, fashion and fashion-mobile lose less at 90 % than with squares divided by each tensor's mean, digits less at 50 %
 * than with the makers alone. A BatchNormalization right behind a layer scales what its filters count.
 * Weights stored as integers count as the numbers they stand for. Groups that are an inner digit of another's axis (the features of a head) stay whole.
 */
export function chooseChannels(
  { groups }: ChannelGroups,
  width: number,
  statistics: WeightStatistics,
): KeptChannels {
  const kept = new Map<ChannelGroup, Uint32Array>();
  for (const group of groups) {
    if (group.within !== undefined) continue;
    const count = keptCount(group.size, width);
    if (count < group.size) kept.set(group, strongest(channelScores(group, statistics), count));
  }
  return kept;
}

/**
 * Kernels like multiples: large sets are rounded to 8, middle ones to 4, small ones (heads among them) to the nearest number; one channel
 * always stays.
 */
export function keptCount(size: number, width: number): number {
  if (width >= 1) return size;
  const multiple = size >= 64 ? 8 : size >= 16 ? 4 : 1;
  const nearest = Math.round((size * width) / multiple) * multiple;
  return Math.min(
    size,
    Math.max(nearest, multiple > 1 ? Math.min(multiple, Math.ceil(size * width)) : 1, 1),
  );
}

/** The places of the `count` highest scores, ascending; of equal ones the earlier. */
function strongest(scores: Float64Array, count: number): Uint32Array {
  const order = Uint32Array.from(scores, (_, i) => i).toSorted((a, b) => {
    const [left, right] = [scores[a] as number, scores[b] as number];
    return left === right ? a - b : left > right ? -1 : 1;
  });
  return order.slice(0, count).toSorted();
}

/** Squared norms; NaN counts as infinitely important. Zero where there are no numbers (a preview). Kept with the group. */
export function channelScores(group: ChannelGroup, statistics: WeightStatistics): Float64Array {
  const known = scoresOf.get(group);
  if (known !== undefined) return known;
  const scores = new Float64Array(group.size);
  for (const slice of group.slices) {
    if (!counts(slice)) continue;
    const own = squaresOf(group, slice, statistics);
    for (let i = 0; i < own.length; i++) scores[i] = (scores[i] as number) + (own[i] as number);
  }
  const ranked = scores.map((score) => (Number.isNaN(score) ? Infinity : score));
  scoresOf.set(group, ranked);
  return ranked;
}

const scoresOf = new WeakMap<ChannelGroup, Float64Array>();

/** Weights proper: vectors (biases, scales) follow them. */
const counts = ({ stored: { value, tensor } }: GroupSlice): boolean =>
  value.constant !== undefined &&
  (dtypeTable[tensor.dtype].kind === 'float' || packed(value) !== undefined) &&
  !isBlank(tensor) &&
  tensor.dims.filter((size) => size > 1).length > 1;

/** What codes stand for, where a DequantizeLinear alone reads them. */
function packed(value: Value): Tensor | undefined {
  const [use] = value.uses;
  const reads = value.uses.length === 1 && use?.index === 0;
  return reads && isOp(use.node, 'DequantizeLinear') ? plainTensor(use.node) : undefined;
}

/** L2 norms of the slices of a weight along an axis. */
function lengthsOf(value: Value, axis: number, statistics: WeightStatistics): Float64Array {
  const plain = packed(value);
  if (plain === undefined) return statistics.norms(value, axis).l2;
  const squares = new Float64Array(plain.dims[axis] ?? 1);
  const inner = elementCount(plain.dims.slice(axis + 1));
  floatValues(plain).forEach((number, i) => {
    const place = Math.floor(i / inner) % squares.length;
    squares[place] = (squares[place] as number) + number * number;
  });
  return squares.map(Math.sqrt);
}

function squaresOf(
  group: ChannelGroup,
  { stored, axis }: GroupSlice,
  statistics: WeightStatistics,
): Float64Array {
  const l2 = lengthsOf(stored.value, axis, statistics);
  const scale = axis === 0 ? normScale(stored.value) : undefined;
  const squares = new Float64Array(group.size);
  channelAt(stored.dims[axis] as GroupSlice['stored']['dims'][number], group.leaf).forEach(
    (channel, place) => {
      if (channel < 0) return;
      const norm = (l2[place] as number) * (scale?.[place] ?? 1);
      squares[channel] = (squares[channel] as number) + norm * norm;
    },
  );
  return squares;
}

/** |γ| / √(σ² + ε) of the BatchNormalization that alone reads the convolution whose weight this is. */
function normScale(weight: Value): Float64Array | undefined {
  const [use] = weight.uses;
  if (weight.uses.length !== 1 || !isOp(use?.node, 'Conv')) return undefined;
  const reader: Node | undefined = use.node.outputs[0]?.uses[0]?.node;
  if (!isOp(reader, 'BatchNormalization') || use.node.outputs[0]?.uses.length !== 1)
    return undefined;
  const [gamma, variance] = [constantOf(reader.inputs[1]), constantOf(reader.inputs[4])];
  if (gamma?.dtype !== 'float32' || variance?.dtype !== 'float32') return undefined;
  const epsilon = attributeFloat(reader, 'epsilon', 1e-5);
  const spread = floatValues(variance);
  return Float64Array.from(
    floatValues(gamma),
    (g, i) => Math.abs(g) / Math.sqrt((spread[i] ?? 1) + epsilon),
  );
}
