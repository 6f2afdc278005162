import {
  edit,
  floatAttribute,
  isGraphOutput,
  isOp,
  type Model,
  type Node,
} from '../../../graph/index.ts';
import type { ShapeMap } from '../../../runtime/index.ts';
import { floatValues } from '../float-values.ts';
import { channelTensor, type ChannelStatistics } from './channel-statistics.ts';

/**
 * Most files have their BatchNormalization folded away, and a deep network that was cut learns badly without: what reaches its layers has
 * another scale than their weights were made for. So convolutions get one for the time of the training, which is folded into
 * them again afterwards (`foldBatchNorm`); the structure of the file stays what it was.
 *
 * A norm starts from what the teacher's channel looks like there (γ its deviation, β its mean), so that a cut network has the right statistics
 * in every layer before its first step (Jordan et al. 2022, arXiv:2211.08403, REPAIR). Which channels were kept is read
 * from the biases, which cutting copies; where that does not tell, the norm starts from the student's own statistics and changes nothing.
 */
export interface NormSite {
  readonly node: Node;
  /** Name of the value it makes, the same in the teacher where the teacher has it. */
  readonly output: string;
}

/** Convolutions of a model that has no norms, with a bias of their own to fold one into, over more than one place. */
export function normSites(model: Model, shapes: ShapeMap): NormSite[] {
  if (model.graph.nodes.some((node) => isOp(node, 'BatchNormalization'))) return [];
  return model.graph.nodes.flatMap((node): NormSite[] => {
    const [output] = node.outputs;
    const [, weight, bias] = node.inputs;
    if (!isOp(node, 'Conv') || output === undefined || isGraphOutput(model.graph, output))
      return [];
    const own = [weight, bias].every(
      (value) => value?.constant?.dtype === 'float32' && value.uses.length === 1,
    );
    const places =
      shapes
        .get(output)
        ?.slice(2)
        .reduce((product, size) => product * size, 1) ?? 1;
    return own && places > 1 ? [{ node, output: output.name }] : [];
  });
}

export interface NormFacts {
  readonly teacher: Model;
  readonly teacherStatistics: ReadonlyMap<string, ChannelStatistics>;
  readonly ownStatistics: ReadonlyMap<string, ChannelStatistics>;
  /** Weights that mean nothing yet: norms start as γ = 1, β = 0. */
  readonly fresh: boolean;
}

const epsilon = 1e-5;

export interface NormedStudent {
  readonly model: Model;
  /** Names of the constants that learn in its norms. */
  readonly learning: readonly string[];
}

export function withNorms(
  student: Model,
  sites: readonly NormSite[],
  facts: NormFacts,
): NormedStudent {
  const learning: string[] = [];
  const model = edit(student, (e) => {
    for (const site of sites) {
      const node = e.node(site.node);
      const [output] = node.outputs;
      const own = facts.ownStatistics.get(site.output);
      if (output === undefined || own === undefined) continue;
      const { gamma, beta } = startOf(site, own, facts);
      const [scale, shift, mean, variance] = [gamma, beta, own.mean, own.variance].map(
        (values, i) =>
          e.addConstant(
            `${site.output}_norm_${['scale', 'shift', 'mean', 'variance'][i]}`,
            channelTensor(values),
          ),
      );
      const readers = [...output.uses];
      const norm = e.op('BatchNormalization', [output, scale, shift, mean, variance], {
        epsilon: floatAttribute(epsilon),
      });
      for (const use of readers) e.setInput(use.node, use.index, norm);
      learning.push(scale?.name ?? '', shift?.name ?? '');
    }
  });
  return { model, learning };
}

interface Start {
  readonly gamma: Float32Array;
  readonly beta: Float32Array;
}

function startOf(site: NormSite, own: ChannelStatistics, facts: NormFacts): Start {
  const channels = own.mean.length;
  if (facts.fresh)
    return { gamma: new Float32Array(channels).fill(1), beta: new Float32Array(channels) };
  const known = facts.teacherStatistics.get(site.output);
  const kept = known && keptChannels(facts.teacher, site);
  const { mean, variance } = known && kept ? picked(known, kept) : own;
  return { gamma: variance.map((value) => Math.sqrt(value + epsilon)), beta: mean };
}

const picked = ({ mean, variance }: ChannelStatistics, kept: readonly number[]) => ({
  mean: Float32Array.from(kept, (c) => mean[c] as number),
  variance: Float32Array.from(kept, (c) => variance[c] as number),
});

/** The teacher's channel behind each of the student's: cut biases are a subsequence, bit by bit; undefined where they are not. */
export function keptChannels(teacher: Model, { node, output }: NormSite): number[] | undefined {
  const other = teacher.graph.nodes.find((candidate) => candidate.outputs[0]?.name === output);
  const [was, is] = [other?.inputs[2]?.constant, node.inputs[2]?.constant];
  if (!isOp(other, 'Conv') || was?.dtype !== 'float32' || is?.dtype !== 'float32') return undefined;
  const [all, own] = [floatValues(was), floatValues(is)];
  const kept: number[] = [];
  for (let at = 0; at < all.length && kept.length < own.length; at++)
    if (Object.is(all[at], own[kept.length])) kept.push(at);
  return kept.length === own.length ? kept : undefined;
}
