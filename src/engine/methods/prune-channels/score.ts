import type { Tensor } from '../../tensor/index.ts';
import { attributeFloat } from '../../graph/index.ts';
import type { WeightStatistics } from '../method.ts';
import { constantOf } from '../shared/constant-of.ts';
import { floatValues } from '../shared/float-values.ts';
import type { ChannelGroup } from './group.ts';

/**
 * How much each output channel of a layer matters: the norm of its filter (Li et al. 2017, arXiv:1608.08710), times
 * |γ| / √(σ² + ε) of a BatchNormalization that follows, so that a network scores the same before and after the two are folded into one.
 * NaN counts as infinitely important: such a layer is for the user to look at, not for a ranking to cut.
 */
export function channelScores(
  group: ChannelGroup,
  criterion: 'l1' | 'l2',
  statistics: WeightStatistics,
): Float64Array {
  const { value, outputAxis } = group.site;
  const norms = statistics.norms(value, outputAxis)[criterion];
  const scale = normScale(group);
  return norms.map((norm, channel) => {
    const score = norm * (scale?.[channel] ?? 1);
    return Number.isNaN(score) ? Infinity : score;
  });
}

function normScale({ norm }: ChannelGroup): Float64Array | undefined {
  if (norm === undefined) return undefined;
  const gamma = float32Values(constantOf(norm.inputs[1]));
  const variance = float32Values(constantOf(norm.inputs[4]));
  if (gamma === undefined || variance === undefined) return undefined;
  const epsilon = attributeFloat(norm, 'epsilon', 1e-5);
  return Float64Array.from(gamma, (g, i) => Math.abs(g) / Math.sqrt((variance[i] ?? 1) + epsilon));
}

const float32Values = (tensor: Tensor | undefined): Float32Array | undefined =>
  tensor?.dtype === 'float32' ? floatValues(tensor) : undefined;

/**
 * Scores of different layers have different scales; divided by the layer's mean they say how a channel stands among its own, which can be
 * compared (mean normalization of Fang et al. 2023, DepGraph, arXiv:2301.12900 §3.3 and its implementation Torch-Pruning).
 */
export function normalized(scores: Float64Array): Float64Array {
  const finite = scores.filter(Number.isFinite);
  const mean = finite.reduce((sum, score) => sum + score, 0) / finite.length;
  return mean > 0 ? scores.map((score) => score / mean) : scores;
}
