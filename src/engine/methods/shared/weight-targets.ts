import { elementCount, type Tensor } from '../../tensor/index.ts';
import { allNodes, isOp, type Model, type Value } from '../../graph/index.ts';
import type { Skipped, WeightSite, WeightStatistics } from '../method.ts';
import { constantOf } from './constant-of.ts';
import { hasMagnitudes } from './magnitude-bits.ts';
import { nodeLabel, skippedNode } from './refuse.ts';

/**
 * Which weights a method may change, each constant once, in the order of the graph. A constant that several layers read (weights
 * shared on purpose) counts once when all its readers use it as the same kind of weight; otherwise changing it would
 * change something else as well, and it is left alone.
 */
export interface WeightTarget {
  readonly value: Value;
  readonly tensor: Tensor;
  readonly sites: readonly WeightSite[];
  readonly inputAxis: number;
  readonly count: number;
}

export interface WeightTargets {
  readonly targets: readonly WeightTarget[];
  readonly skipped: readonly Skipped[];
}

export function weightTargets(
  model: Model,
  statistics: WeightStatistics,
  keep: readonly string[],
): WeightTargets {
  const sitesOf = new Map<Value, WeightSite[]>();
  for (const site of statistics.weights) {
    const sites = sitesOf.get(site.value);
    if (sites === undefined) sitesOf.set(site.value, [site]);
    else sites.push(site);
  }
  const kept = new Set(keep);
  const targets: WeightTarget[] = [];
  const skipped: Skipped[] = [];
  for (const [value, sites] of sitesOf) {
    const [first] = sites as [WeightSite, ...WeightSite[]];
    const tensor = value.constant;
    const reason = reasonToSkip(model, value, sites, kept);
    if (reason !== undefined) skipped.push(skippedNode(first.node, reason));
    else if (tensor !== undefined)
      targets.push({
        value,
        tensor,
        sites,
        inputAxis: first.inputAxis,
        count: elementCount(tensor.dims),
      });
  }
  return { targets, skipped: [...skipped, ...layersWithoutWeights(model, statistics)] };
}

/** Layers whose weight is no constant of its own: quantized behind DequantizeLinear, or computed. */
export function layersWithoutWeights(model: Model, statistics: WeightStatistics): Skipped[] {
  const found = new Set(statistics.weights.map(({ node }) => node));
  const skipped: Skipped[] = [];
  for (const node of allNodes(model.graph)) {
    if (found.has(node) || !isOp(node, 'Conv', 'ConvTranspose', 'Gemm', 'MatMul')) continue;
    if (isDequantized(node.inputs[1]))
      skipped.push(skippedNode(node, 'its weights are quantized already'));
    else if (!isOp(node, 'MatMul'))
      skipped.push(skippedNode(node, 'its weight is computed, not stored'));
  }
  return skipped;
}

const passing = ['Transpose', 'Reshape', 'Identity', 'Cast'];

/** Through the nodes exporters put between. */
function isDequantized(value: Value | undefined): boolean {
  let producer = value?.producer;
  while (producer !== undefined && passing.includes(producer.opType))
    producer = producer.inputs[0]?.producer;
  return isOp(producer, 'DequantizeLinear') && constantOf(producer.inputs[0]) !== undefined;
}

function reasonToSkip(
  model: Model,
  value: Value,
  sites: readonly WeightSite[],
  kept: ReadonlySet<string>,
): string | undefined {
  const tensor = value.constant;
  if (tensor === undefined) return 'its weight is computed, not stored';
  if (sites.some(({ node }) => isKept(node, kept))) return 'kept as asked';
  if (!hasMagnitudes(tensor))
    return `its weights are ${tensor.dtype}: change them before quantizing`;
  if (isOverridable(model, value))
    return 'its weight is a graph input that the caller may override';
  if (value.uses.length > sites.length)
    return 'its weight is also read by another kind of operator';
  const [first] = sites;
  if (sites.some((site) => site.inputAxis !== first?.inputAxis))
    return 'its weight is shared by layers that read it along different axes';
  return undefined;
}

export const isKept = (node: WeightSite['node'], kept: ReadonlySet<string>): boolean =>
  kept.has(nodeLabel(node)) ||
  node.outputs.some((output) => output !== undefined && kept.has(output.name));

/**
 * Before IR version 4 every initializer had to be listed as a graph input as well (onnx/docs/IR.md), so only
 * from then on does the listing mean that a caller may pass another value.
 */
export const isOverridable = (model: Model, value: Value): boolean =>
  model.irVersion >= 4 && model.graph.inputs.includes(value);
