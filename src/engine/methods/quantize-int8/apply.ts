import type { Model } from '../../graph/index.ts';
import { makeTensor, type Tensor } from '../../tensor/index.ts';
import { clamp, roundHalfEven, type Affine } from '../shared/affine.ts';
import { finiteValues, floatValues } from '../shared/float-values.ts';
import type { ApplyContext, Planned } from '../method.ts';
import { activationGrid, calibrate } from './calibrate.ts';
import type { QuantizeInt8Options } from './options.ts';
import type { QuantizeInt8Plan } from './plan.ts';
import { quantizeWeight, type QuantizedWeight } from './quantize-weight.ts';
import { writeStatic, type BiasSite, type StaticLayout } from './static-model.ts';
import type { WeightedTarget } from './weighted-nodes.ts';
import { writeDynamic } from './write-dynamic.ts';
import { writeWeightsOnly } from './write-weights-only.ts';

/** Carries a plan out: measures ranges where it must, rounds the weights, writes the graph. */
export async function apply(
  _model: Model,
  { plan }: Planned<QuantizeInt8Plan>,
  options: QuantizeInt8Options,
  context: ApplyContext,
): Promise<Model> {
  const model = plan.base;
  if (plan.mode === 'static') return applyStatic(model, plan.layout, options, context);
  const weights = await quantizeAll(plan.targets, context);
  const weightOf = (target: WeightedTarget): QuantizedWeight =>
    weights.get(target) as QuantizedWeight;
  return plan.mode === 'dynamic'
    ? writeDynamic(model, plan.targets, plan.opset, weightOf)
    : writeWeightsOnly(model, plan.targets, plan.form, weightOf);
}

async function applyStatic(
  model: Model,
  layout: StaticLayout,
  options: QuantizeInt8Options,
  context: ApplyContext,
): Promise<Model> {
  const affines = await calibrate(model, layout.placement.groups, options, context);
  const inputScale = (bias: BiasSite): number => (affines[bias.group] as Affine).scale;
  const weights = await quantizeAll(layout.targets, context, (target) =>
    scaleFloor(target, layout.biases, inputScale),
  );
  const weightOf = (target: WeightedTarget): QuantizedWeight =>
    weights.get(target) as QuantizedWeight;
  const { dtype } = activationGrid(options);
  return writeStatic(model, layout, {
    activation(group) {
      const { scale, zeroPoint } = affines[group] as Affine;
      return {
        scale: floatTensor([], Float32Array.of(scale)),
        zeroPoint: makeTensor(dtype, [], Uint8Array.of(zeroPoint)),
      };
    },
    weight: weightOf,
    bias: (bias) => quantizeBias(bias, inputScale(bias), weightOf(bias.target)),
  });
}

async function quantizeAll(
  targets: readonly WeightedTarget[],
  { task }: ApplyContext,
  floorOf: (target: WeightedTarget) => Float64Array | undefined = () => undefined,
): Promise<Map<WeightedTarget, QuantizedWeight>> {
  const weights = new Map<WeightedTarget, QuantizedWeight>();
  for (const target of targets) {
    const { tensor, value } = target.target;
    weights.set(
      target,
      quantizeWeight(finiteValues(tensor, value.name), tensor.dims, target.grid, floorOf(target)),
    );
    task.report({ phase: 'quantizing', done: weights.size, total: targets.length });
    await task.breathe();
  }
  return weights;
}

/** Half of what int32 holds, so that the sum of products has room beside the bias. */
const largestBias = 2 ** 30;

/** The smallest weight scale per channel with which each bias of the weight's nodes fits int32: |b| / (scale(x) · 2^30). */
function scaleFloor(
  target: WeightedTarget,
  biases: readonly BiasSite[],
  inputScale: (bias: BiasSite) => number,
): Float64Array | undefined {
  const own = biases.filter((bias) => bias.target === target);
  const channels = own[0]?.tensor.dims[0];
  if (channels === undefined) return undefined;
  const floor = new Float64Array(target.grid.axis === undefined ? 1 : channels);
  for (const bias of own) {
    finiteValues(bias.tensor, bias.value.name).forEach((value, channel) => {
      const slot = floor.length === 1 ? 0 : channel;
      floor[slot] = Math.max(
        floor[slot] as number,
        Math.abs(value) / (inputScale(bias) * largestBias),
      );
    });
  }
  return floor;
}

function quantizeBias(
  { tensor }: BiasSite,
  inputScale: number,
  weight: QuantizedWeight,
): { values: Tensor; scale: Tensor } {
  const scale = floatValues(weight.scale).map((weightScale) =>
    Math.fround(inputScale * weightScale),
  );
  const values = Int32Array.from(floatValues(tensor), (value, channel) =>
    clamp(
      roundHalfEven(value / (scale[scale.length === 1 ? 0 : channel] as number)),
      -(2 ** 31),
      2 ** 31 - 1,
    ),
  );
  return {
    values: makeTensor('int32', tensor.dims, new Uint8Array(values.buffer)),
    scale: floatTensor(weight.scale.dims, scale),
  };
}

const floatTensor = (dims: readonly number[], values: Float32Array): Tensor =>
  makeTensor('float32', dims, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
