import { ok, type Result } from '../../core/index.ts';
import { countParameters, createStatistics } from '../../analysis/index.ts';
import { allNodes, type Model, type Node } from '../../graph/index.ts';
import {
  foldBatchNorm,
  modelOpset,
  opsetObstacle,
  type OpsetObstacle,
} from '../../passes/index.ts';
import type { BackendId } from '../../runtime/index.ts';
import { blankTensor } from '../shared/blank-tensor.ts';
import { constantOf } from '../shared/constant-of.ts';
import { predictSizeChange } from '../shared/predict-size.ts';
import { mainReason, nodeLabel, refuse, skippedNode } from '../shared/refuse.ts';
import type { PlanContext, Planned } from '../method.ts';
import { activationGrid } from './calibrate.ts';
import { countsAsFloat, planFusion, type FusionPlan } from './fusion.ts';
import { integerObstacle } from './integer-operators.ts';
import type { QuantizeInt8Options } from './options.ts';
import { placePairs } from './place-pairs.ts';
import { chooseQdqForm, isForm, type QdqForm } from './qdq-form.ts';
import { blankWeight } from './quantize-weight.ts';
import { writeStatic, type BiasSite, type StaticLayout } from './static-model.ts';
import { unfusedNodes } from './unfused-nodes.ts';
import { weightedTargets, type WeightedTarget } from './weighted-nodes.ts';
import { writeDynamic } from './write-dynamic.ts';
import { writeWeightsOnly } from './write-weights-only.ts';

/** What will be done, all decided; only numbers (weights, ranges) are missing. */
export type QuantizeInt8Plan = Decided & {
  /** The model the plan's nodes belong to: with BatchNormalization folded. */
  readonly base: Model;
};

type Decided =
  | {
      readonly mode: 'weights-only';
      readonly targets: readonly WeightedTarget[];
      readonly form: QdqForm;
    }
  | {
      readonly mode: 'dynamic';
      readonly targets: readonly WeightedTarget[];
      readonly opset: number;
    }
  | {
      readonly mode: 'static';
      readonly layout: StaticLayout;
      readonly fusion: FusionPlan;
      readonly unfused: ReadonlySet<Node>;
    };

export function plan(
  model: Model,
  options: QuantizeInt8Options,
  context: PlanContext,
): Result<Planned<QuantizeInt8Plan>> {
  const base = withoutNorms(model);
  const statistics = base === model ? context.statistics : createStatistics(base);
  const { targets, skipped } = weightedTargets(base, options, { ...context, statistics });
  if (targets.length === 0)
    return refuse('quantize-int8', `no layer can be quantized: ${mainReason(skipped)}`);
  const decided = decide(base, targets, options, context.backend);
  if ('detail' in decided) return refuseOpset(base, decided);
  const preview = previewOf(base, decided, options);
  const unfused =
    decided.mode === 'static'
      ? [...decided.unfused].map((node) => skippedNode(node, unfusedReason(context.backend)))
      : [];
  const folded = model.graph.nodes.length - base.graph.nodes.length;
  return ok({
    plan: { ...decided, base },
    predicted: {
      params: countParameters(preview).total,
      weightBytes: predictSizeChange(model, preview),
    },
    summary: {
      ...summaryOf(decided, targets, skipped.length, base, preview),
      ...(folded > 0 ? { foldedNorms: folded } : {}),
    },
    skipped: [...skipped, ...unfused],
    preview: () => preview,
  });
}

const unfusedReason = (backend: BackendId): string =>
  backend === 'webgpu'
    ? 'WebGPU computes it in float: int8 activations gain nothing there'
    : 'its pairs will not fuse: an int8 activation with several readers stays in float; uint8 fuses';

const folded = new WeakMap<Model, Model>();

/** BatchNormalization folded into the layers before it: between a convolution and its pair it would stop the fusion. Kept per model. */
function withoutNorms(model: Model): Model {
  const base = folded.get(model) ?? foldBatchNorm(model);
  folded.set(model, base);
  return base;
}

function decide(
  model: Model,
  targets: readonly WeightedTarget[],
  options: QuantizeInt8Options,
  backend: BackendId,
): Decided | OpsetObstacle {
  if (options.mode === 'dynamic') {
    const opset = Math.max(modelOpset(model), 11);
    return opsetObstacle(model, opset) ?? { mode: 'dynamic', targets, opset };
  }
  const form = chooseQdqForm(model, options.granularity === 'per-channel' ? 13 : 10);
  if (!isForm(form)) return form;
  if (options.mode === 'weights-only') return { mode: 'weights-only', targets, form };
  const layout = layoutOf(model, targets, form);
  const unfused = unfusedNodes(
    model.graph,
    layout.placement,
    activationGrid(options).dtype,
    backend,
  );
  const integers = new Set(
    layout.placement.integers.flatMap(({ node }) => (unfused.has(node) ? [] : [node])),
  );
  const inFloat = [...allNodes(model.graph)].filter((node) => countsAsFloat(node, integers)).length;
  return {
    mode: 'static',
    layout,
    unfused,
    fusion: planFusion(layout.placement, unfused, inFloat),
  };
}

function layoutOf(model: Model, targets: readonly WeightedTarget[], form: QdqForm): StaticLayout {
  const weighted = new Set(targets.flatMap(({ nodes }) => nodes));
  const placement = placePairs(
    model.graph,
    weighted,
    (node) => integerObstacle(node, form.opset) === undefined,
  );
  const groupOf = new Map(placement.values.map(({ value, group }) => [value, group]));
  const addBehind = new Map(placement.integers.map(({ node, biasAdd }) => [node, biasAdd]));
  const biases = targets.flatMap((target) =>
    target.nodes.flatMap((node): BiasSite[] => {
      const [x] = node.inputs;
      const add = addBehind.get(node);
      const reader = add ?? node;
      const index =
        add === undefined ? 2 : add.inputs.findIndex((input) => constantOf(input) !== undefined);
      const value = reader.inputs[index];
      const tensor = constantOf(value);
      const group = x === undefined ? undefined : groupOf.get(x);
      return value === undefined || tensor === undefined || group === undefined
        ? []
        : [{ reader, index, value, tensor, target, group }];
    }),
  );
  return { placement, targets, biases, form };
}

function previewOf(model: Model, decided: Decided, options: QuantizeInt8Options): Model {
  const weight = ({ target, grid }: WeightedTarget) => blankWeight(target.tensor.dims, grid);
  if (decided.mode === 'weights-only')
    return writeWeightsOnly(model, decided.targets, decided.form, weight);
  if (decided.mode === 'dynamic')
    return writeDynamic(model, decided.targets, decided.opset, weight);
  const scalar = {
    scale: blankTensor('float32', []),
    zeroPoint: blankTensor(activationGrid(options).dtype, []),
  };
  return writeStatic(model, decided.layout, {
    activation: () => scalar,
    weight,
    bias: ({ tensor, target }) => ({
      values: blankTensor('int32', tensor.dims),
      scale: blankTensor('float32', target.grid.axis === undefined ? [] : tensor.dims),
    }),
  });
}

function refuseOpset(model: Model, { node, detail }: OpsetObstacle): Result<never> {
  const where = node === undefined ? 'opset' : nodeLabel(node);
  return refuse(
    where,
    `the model's opset ${modelOpset(model)} lacks an operator, and it cannot be raised: ${detail}`,
  );
}

function summaryOf(
  decided: Decided,
  targets: readonly WeightedTarget[],
  skipped: number,
  before: Model,
  after: Model,
): Record<string, number | string> {
  const layers = targets.reduce((sum, { nodes }) => sum + nodes.length, 0);
  const weights = targets.reduce((sum, { target }) => sum + target.count, 0);
  const opset = modelOpset(after) === modelOpset(before) ? {} : { opset: modelOpset(after) };
  const common = { mode: decided.mode, layers, skipped, weights, ...opset };
  if (decided.mode !== 'static') return common;
  const fused = Object.values(decided.fusion.kernels).reduce((sum, count) => sum + count, 0);
  return { ...common, fused, pairs: decided.layout.placement.values.length };
}
