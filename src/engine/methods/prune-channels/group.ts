import type { Node, Value } from '../../graph/index.ts';
import type { WeightSite } from '../method.ts';
import { nodeLabel } from '../shared/refuse.ts';
import type { Layout } from './layout.ts';

/**
 * Everything that must shrink together when output channels of one layer go: the layer's own weight and bias, per-channel parameters
 * of the operators that carry the channels on, the input side of the weights that consume them, and the few attributes and constants that
 * name the number of channels.
 */
export interface ChannelGroup {
  readonly site: WeightSite;
  readonly channels: number;
  /** Constant inputs to be sliced. */
  readonly cuts: readonly Cut[];
  /** Depthwise convolutions: their `group` is the number of channels. */
  readonly depthwise: readonly Node[];
  /** Constant integers that name the length of the channel axis: a Reshape's target, a Resize's sizes. */
  readonly lengths: readonly LengthEntry[];
  /** Every value whose channel axis shrinks. */
  readonly values: ReadonlyMap<Value, Layout>;
  /** The BatchNormalization that directly follows: its scale is part of how much a channel matters. */
  readonly norm: Node | undefined;
}

export interface Cut {
  readonly node: Node;
  readonly index: number;
  /** Axis of the constant, and how the channels lie along it. */
  readonly layout: Layout;
}

export interface LengthEntry {
  readonly node: Node;
  readonly index: number;
  /** Which element of the constant, and how the channels lie along the axis it names. */
  readonly entry: number;
  readonly layout: Layout;
}

/** Why a layer's channels cannot go, and which operator says so. */
export class Stop extends Error {
  constructor(readonly reason: string) {
    super(reason);
  }
}

/** A node as reasons name it. */
export const describe = (node: Node): string => {
  const label = nodeLabel(node);
  return label === node.opType ? node.opType : `${node.opType} ${label}`;
};
