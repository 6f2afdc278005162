import { ok, type Result } from '../../core/index.ts';
import { countParameters } from '../../analysis/index.ts';
import type { Model } from '../../graph/index.ts';
import { tensorByteLength } from '../../tensor/index.ts';
import { predictSizeChange } from '../shared/predict-size.ts';
import { modelOpset } from '../../passes/index.ts';
import { mainReason, refuse, skippedNode } from '../shared/refuse.ts';
import { weightTargets } from '../shared/weight-targets.ts';
import type { PlanContext, Planned, Skipped, WeightSite } from '../method.ts';
import type { QuantizeWeightsOptions } from './options.ts';
import { chooseForm, formLimits } from './stored-form.ts';
import { blankCodes, writeQuantized, type PlannedWeight } from './write-model.ts';

export interface QuantizeWeightsPlan {
  readonly weights: readonly PlannedWeight[];
  /** Version of the default operator set in the result. */
  readonly opset: number;
}

export function plan(
  model: Model,
  options: QuantizeWeightsOptions,
  context: PlanContext,
): Result<Planned<QuantizeWeightsPlan>> {
  const found = weightTargets(model, context.statistics, options.keep);
  const skipped: Skipped[] = [...found.skipped];
  const limits = formLimits(model);
  if (limits.opset < 7) return refuse('opset', `opset ${limits.opset} is older than 7`);
  const weights: PlannedWeight[] = [];
  for (const target of found.targets) {
    const form = chooseForm(target, options, limits);
    const weight = { target, form, grid: { bits: options.bits, symmetric: options.symmetric } };
    const reason = reasonToSkip(weight);
    if (reason === undefined) weights.push(weight);
    else skipped.push(skippedNode((target.sites[0] as WeightSite).node, reason));
  }
  if (weights.length === 0)
    return refuse('quantize-weights', `no weight can be quantized: ${mainReason(skipped)}`);
  const raises = weights.some(({ form }) => form.kind === 'dequantize');
  const opset = raises ? limits.opset : modelOpset(model);
  const preview = writeQuantized(model, weights, opset, blankCodes);
  return ok({
    plan: { weights, opset },
    predicted: {
      params: countParameters(preview).total,
      weightBytes: predictSizeChange(model, preview),
    },
    summary: summaryOf(weights, options, modelOpset(model), opset),
    skipped,
    preview: () => preview,
  });
}

/** Bytes the node and the names of a stored weight take, roughly. */
const nodeBytes = 256;

function reasonToSkip(weight: PlannedWeight): string | undefined {
  const { tensor, count } = weight.target;
  if (tensor.dtype !== 'float32')
    return `its weights are ${tensor.dtype}: quantize before converting to it`;
  return storedBytes(weight) + nodeBytes < count * 4
    ? undefined
    : 'it is too small for packing to make the file smaller';
}

/** `storedBits`: bits a weight takes in the file, scales and zero points included. `widerContainers`: weights that lie in more bits than asked for. */
function summaryOf(
  weights: readonly PlannedWeight[],
  options: QuantizeWeightsOptions,
  before: number,
  opset: number,
): Record<string, number | string> {
  const count = weights.reduce((sum, { target }) => sum + target.count, 0);
  const bytes = weights.reduce((sum, weight) => sum + storedBytes(weight), 0);
  const layersAs = (kind: string): number =>
    weights.filter(({ form }) => form.kind === kind).length;
  return {
    bits: options.bits,
    layers: weights.length,
    weights: count,
    storedBits: Math.round((bytes * 800) / count) / 100,
    widerContainers: weights.reduce(
      (sum, { target, form }) => sum + (form.width > options.bits ? target.count : 0),
      0,
    ),
    matmulnbits: layersAs('matmulnbits'),
    dequantize: layersAs('dequantize'),
    planes: layersAs('planes'),
    ...(opset === before ? {} : { opset }),
  };
}

function storedBytes(weight: PlannedWeight): number {
  const { kind, tensors } = blankCodes(weight);
  const codes =
    kind === 'planes' ? tensors.planes : kind === 'dequantize' ? [tensors.values] : [tensors.codes];
  const rest = tensors.zeroPoints ? [tensors.scales, tensors.zeroPoints] : [tensors.scales];
  return [...codes, ...rest].reduce((sum, tensor) => sum + tensorByteLength(tensor), 0);
}
