import { attributeFloat, attributeInt, isOp, type Model, type Node } from '../../graph/index.ts';
import type { PlanContext, Skipped, WeightSite } from '../method.ts';
import { constantOf } from '../shared/constant-of.ts';
import { skippedNode } from '../shared/refuse.ts';
import { weightTargets, type WeightTarget } from '../shared/weight-targets.ts';
import { groupedSpeedRatio, isGrouped } from './integer-operators.ts';
import type { QuantizeInt8Options } from './options.ts';
import type { WeightGrid } from './quantize-weight.ts';

/** A stored weight that will be quantized, the nodes that read it and the grid it is put on. */
export interface WeightedTarget {
  readonly target: WeightTarget;
  readonly nodes: readonly Node[];
  readonly grid: WeightGrid;
}

export interface WeightedTargets {
  readonly targets: readonly WeightedTarget[];
  readonly skipped: readonly Skipped[];
}

/** Decides weight by weight; a weight shared by several layers is quantized when all of them can read it so. */
export function weightedTargets(
  model: Model,
  options: QuantizeInt8Options,
  context: PlanContext,
): WeightedTargets {
  const all = weightTargets(model, context.statistics, options.keep);
  const targets: WeightedTarget[] = [];
  const skipped: Skipped[] = [...all.skipped];
  for (const target of all.targets) {
    const nodes = target.sites.map((site) => site.node);
    const reasons = target.sites.map((site) => reasonToSkip(model, site, target, options, context));
    const at = reasons.findIndex((reason) => reason !== undefined);
    const reason = reasons[at];
    if (reason === undefined) targets.push({ target, nodes, grid: weightGrid(target, options) });
    else skipped.push(skippedNode(nodes[at] as Node, reason));
  }
  return { targets, skipped };
}

function reasonToSkip(
  model: Model,
  { node, index }: WeightSite,
  target: WeightTarget,
  options: QuantizeInt8Options,
  context: PlanContext,
): string | undefined {
  if (target.tensor.dtype !== 'float32')
    return `its weights are ${target.tensor.dtype}: quantize before converting to it`;
  if (!isOp(node, 'Conv', 'ConvTranspose', 'MatMul', 'Gemm')) return 'it has no 8-bit form';
  if (index !== 1) return 'its weight is not the second operand';
  if (options.mode === 'weights-only') return smallReason(target, options);
  if (node.graph !== model.graph) return 'it lies inside a subgraph';
  if (node.opType === 'ConvTranspose') return 'it has no integer kernel';
  if (constantOf(node.inputs[0]) !== undefined) return 'its input is a constant';
  const reason = node.opType === 'Gemm' ? gemmReason(node) : undefined;
  if (reason !== undefined) return reason;
  if (hasUnfitBias(node, target, options)) return 'its bias is not a stored float32 vector';
  if (node.opType === 'MatMul' && target.tensor.dims.length !== 2)
    return 'its weight is not a matrix';
  return isGrouped(node) && !options.depthwise ? groupedReason(context) : undefined;
}

/** Scales, zero points and a node cost bytes too; below this nothing is gained, and no speed is lost by leaving it. */
function smallReason(target: WeightTarget, options: QuantizeInt8Options): string | undefined {
  const channels =
    options.granularity === 'per-channel'
      ? (target.tensor.dims[target.sites[0]?.outputAxis ?? 0] ?? 1)
      : 1;
  return 3 * target.count < 5 * channels + 256
    ? 'it is too small for 8 bits to make the file smaller'
    : undefined;
}

/** The integer kernels add a stored bias of one number per channel; the Add of a dynamic Gemm takes any. */
function hasUnfitBias(node: Node, target: WeightTarget, options: QuantizeInt8Options): boolean {
  const bias = node.inputs[2];
  if (bias === undefined || (options.mode === 'dynamic' && isOp(node, 'Gemm'))) return false;
  const tensor = constantOf(bias);
  const channels = target.tensor.dims[target.sites[0]?.outputAxis ?? 0];
  return tensor?.dtype !== 'float32' || tensor.dims.length !== 1 || tensor.dims[0] !== channels;
}

function gemmReason(node: Node): string | undefined {
  if (attributeInt(node, 'transA', 0) !== 0) return 'it transposes its input';
  const scaled = attributeFloat(node, 'alpha', 1) !== 1 || attributeFloat(node, 'beta', 1) !== 1;
  return scaled ? 'it scales its product (alpha or beta is not 1)' : undefined;
}

function groupedReason({ backend }: PlanContext): string | undefined {
  const ratio = groupedSpeedRatio[backend];
  return ratio === undefined
    ? undefined
    : `grouped convolution runs at ${ratio}× the float speed in integers on ${backend}`;
}

function weightGrid(target: WeightTarget, options: QuantizeInt8Options): WeightGrid {
  const perChannel = options.granularity === 'per-channel';
  const dtype =
    options.weights === 'auto' ? (options.mode === 'dynamic' ? 'uint8' : 'int8') : options.weights;
  const convolution = target.sites.some(({ node }) => isOp(node, 'Conv'));
  // The integer convolution kernels take one zero point for all channels.
  const oneZeroPoint = convolution && perChannel && options.mode !== 'weights-only';
  return {
    dtype,
    symmetric: dtype === 'int8' || oneZeroPoint,
    axis: perChannel ? target.sites[0]?.outputAxis : undefined,
  };
}
