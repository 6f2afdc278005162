import { ok, type Result } from '../../core/index.ts';
import { countMacs } from '../../analysis/index.ts';
import { isOp, type Model } from '../../graph/index.ts';
import { dtypeTable } from '../../tensor/index.ts';
import type { PlanContext, Planned, Predicted, Skipped, WeightSite } from '../method.ts';
import { isBlank } from '../shared/blank-tensor.ts';
import { constantOf } from '../shared/constant-of.ts';
import { predictSizeChange } from '../shared/predict-size.ts';
import { previewParams } from '../shared/preview-figures.ts';
import { mainReason, refuse, skippedNode } from '../shared/refuse.ts';
import { isKept, isOverridable, layersWithoutWeights } from '../shared/weight-targets.ts';
import { chooseChannels } from './choose.ts';
import type { ChannelGroup } from './group.ts';
import type { PruneChannelsOptions } from './options.ts';
import { rewrite, type GroupCut } from './rewrite.ts';
import { channelScores } from './score.ts';
import { traceGroup } from './trace.ts';

/**
 * Channel pruning: whole output channels go, with everything that belonged to them, so that the model becomes smaller and faster on any
 * kernel. Layers whose channels reach only operators that treat each channel on its own can be cut one by one; the others (sums with a
 * shortcut, concatenation, attention, outputs of the model) are left alone, each with its reason.
 */
export interface PruneChannelsPlan {
  readonly cuts: readonly GroupCut[];
}

export function plan(
  model: Model,
  options: PruneChannelsOptions,
  context: PlanContext,
): Result<Planned<PruneChannelsPlan>> {
  const { groups, skipped } = findGroups(model, options, context);
  if (groups.length === 0)
    return refuse('prune-channels', `no layer's channels can be cut: ${mainReason(skipped)}`);
  const scores = groups.map((group) =>
    blankSite(group.site)
      ? new Float64Array(group.channels)
      : channelScores(group, options.criterion, context.statistics),
  );
  const kept = chooseChannels(scores, options);
  const cuts = groups
    .map((group, i): GroupCut => ({ group, keep: kept[i] as Uint32Array }))
    .filter(({ group, keep }) => keep.length < group.channels);
  const preview =
    cuts.length === 0
      ? { model, shapes: context.shapes }
      : rewrite(model, cuts, context.shapes, false);
  // Which layers lose how many depends on numbers that a preview of earlier steps does not have.
  const guessed = options.scope === 'global' && groups.some(({ site }) => blankSite(site));
  const predicted: Predicted = guessed
    ? {}
    : {
        ...previewParams(preview.model),
        ...(preview.shapes === undefined
          ? {}
          : { macs: countMacs(preview.model, preview.shapes).total }),
        weightBytes: predictSizeChange(model, preview.model),
      };
  return ok({
    plan: { cuts },
    predicted,
    summary: {
      removed: cuts.reduce((sum, { group, keep }) => sum + group.channels - keep.length, 0),
      channels: groups.reduce((sum, group) => sum + group.channels, 0),
      layers: groups.length,
      cutLayers: cuts.length,
    },
    ...(guessed ? {} : { preview: () => preview.model, previewShapes: () => preview.shapes }),
    skipped,
  });
}

function findGroups(
  model: Model,
  options: PruneChannelsOptions,
  context: PlanContext,
): { groups: ChannelGroup[]; skipped: Skipped[] } {
  const kept = new Set(options.keep);
  const groups: ChannelGroup[] = [];
  const skipped: Skipped[] = [];
  for (const site of context.statistics.weights) {
    if (isDepthwise(site)) continue;
    const reason = isKept(site.node, kept) ? 'kept as asked' : reasonToSkip(model, site);
    const group = reason === undefined ? traceGroup(model, site, context.shapes) : { reason };
    if ('reason' in group) skipped.push(skippedNode(site.node, group.reason));
    else groups.push(group);
  }
  return { groups, skipped: [...skipped, ...layersWithoutWeights(model, context.statistics)] };
}

/** A depthwise convolution has no channels of its own: it loses those of the layer before it. */
const isDepthwise = ({ node, value }: WeightSite): boolean => {
  const group = node.attributes.get('group');
  return (
    isOp(node, 'Conv') &&
    group?.kind === 'int' &&
    Number(group.value) > 1 &&
    constantOf(value)?.dims[1] === 1
  );
};

function reasonToSkip(model: Model, { node, value }: WeightSite): string | undefined {
  const tensor = constantOf(value);
  if (tensor === undefined) return 'its weight is computed, not stored';
  if (node.graph !== model.graph) return 'it lies in a subgraph';
  const { bits, kind } = dtypeTable[tensor.dtype];
  if (kind !== 'float' || bits < 16)
    return `its weights are ${tensor.dtype}: cut channels before quantizing`;
  if (value.uses.length > 1) return 'its weight is shared with another operator';
  if (isOverridable(model, value))
    return 'its weight is a graph input that the caller may override';
  return undefined;
}

const blankSite = ({ value }: WeightSite): boolean => {
  const tensor = constantOf(value);
  return tensor !== undefined && isBlank(tensor);
};
