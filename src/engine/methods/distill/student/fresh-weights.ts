import { weightSites, indirectWeightSites, type WeightSite } from '../../../analysis/index.ts';
import type { Rng } from '../../../core/index.ts';
import {
  attributeInt,
  edit,
  isOp,
  type Model,
  type Node,
  type Value,
} from '../../../graph/index.ts';
import { elementCount, float32Tensor, type Tensor } from '../../../tensor/index.ts';
import type { Block } from './find-blocks.ts';

/**
 * Random weights in place of the learned ones, the same for the same seed. Layers whose output meets a Relu or its kin: normal, variance
 * 2 / fan-in (He et al. 2015, arXiv:1502.01852); others: uniform, variance 2 / (fan-in + fan-out) (Glorot & Bengio 2010); embeddings: normal,
 * deviation 0.02; biases 0; normalizations the identity; slopes of PRelu 0.25. In a network without normalization every residual block would
 * double the variance, so the last weight of each of L branches is divided by √L (Zhang et al. 2019, Fixup, arXiv:1901.09321, in spirit).
 * Whatever has no such role (masks, tables, scales of the input) stays.
 */
export function freshWeights(model: Model, blocks: readonly Block[], rng: Rng): Model {
  const tensors = new Map<Value, Tensor>();
  const damped = isNormalized(model) ? new Set<Value>() : lastWeights(blocks);
  const branches = blocks.reduce((sum, block) => sum + block.branches.length, 0);
  for (const site of [...weightSites(model), ...indirectWeightSites(model)]) {
    if (site.value.constant?.dtype !== 'float32' || tensors.has(site.value)) continue;
    const deviation = deviationOf(site, site.value.constant.dims);
    const scale = damped.has(site.value) ? deviation / Math.sqrt(branches) : deviation;
    tensors.set(
      site.value,
      randomTensor(site, site.value.constant.dims, scale, rng.fork(site.value.name)),
    );
  }
  for (const node of model.graph.nodes)
    for (const [index, fill] of fillsOf(node)) {
      const value = node.inputs[index];
      if (value?.constant?.dtype === 'float32' && !tensors.has(value))
        tensors.set(value, filledTensor(value.constant.dims, fill));
    }
  return edit(model, (e) => {
    for (const [value, tensor] of tensors) e.setConstant(value, tensor);
  });
}

const filledTensor = (dims: readonly number[], fill: number): Tensor =>
  float32Tensor(dims, new Float32Array(elementCount(dims)).fill(fill));

/** Standard deviation of the weight's elements. */
function deviationOf(
  { kind, node, inputAxis, outputAxis }: WeightSite,
  dims: readonly number[],
): number {
  if (kind === 'embedding') return 0.02;
  const count = elementCount(dims);
  const groups = kind === 'conv-transpose' ? attributeInt(node, 'group', 1) : 1;
  const fanIn = count / (dims[outputAxis] ?? 1) / (kind === 'conv-transpose' ? groups : 1);
  if (kind === 'recurrent') return 1 / Math.sqrt(3 * (dims[inputAxis] ?? 1));
  if (meetsRectifier(node)) return Math.sqrt(2 / fanIn);
  const fanOut = count / (dims[inputAxis] ?? 1);
  return Math.sqrt(2 / (fanIn + fanOut));
}

function randomTensor(
  { node, kind }: WeightSite,
  dims: readonly number[],
  deviation: number,
  rng: Rng,
): Tensor {
  const normal = kind === 'embedding' || (kind !== 'recurrent' && meetsRectifier(node));
  const width = deviation * Math.sqrt(3);
  const draw = normal ? () => deviation * rng.normal() : () => width * (2 * rng.next() - 1);
  return float32Tensor(dims, Float32Array.from({ length: elementCount(dims) }, draw));
}

const rectifiers = [
  'Relu',
  'LeakyRelu',
  'PRelu',
  'Clip',
  'Elu',
  'HardSwish',
  'HardSigmoid',
  'Gelu',
  'Celu',
  'Selu',
];

/** The first operator behind the layer that is no sum, norm or pool is a rectifier. */
function meetsRectifier(layer: Node): boolean {
  let value = layer.outputs[0];
  for (let steps = 0; steps < 6; steps++) {
    const next = value?.uses[0]?.node;
    if (next === undefined || next.domain !== '') return false;
    if (rectifiers.includes(next.opType)) return true;
    if (!isOp(next, 'Add', 'BatchNormalization', 'InstanceNormalization', 'MaxPool', 'AveragePool'))
      return false;
    value = next.outputs[0];
  }
  return false;
}

const isNormalized = (model: Model): boolean =>
  model.graph.nodes.some((node) =>
    /^(?:Batch|Layer|Instance|Group)Normalization$|^ReduceMean$/.test(node.opType),
  );

/** The weight that makes what each branch adds. */
function lastWeights(blocks: readonly Block[]): ReadonlySet<Value> {
  const weights = blocks.flatMap(({ branches }) => branches.map(lastWeight));
  return new Set(weights.filter((weight) => weight !== undefined));
}

function lastWeight(branch: Value): Value | undefined {
  const node = branch.producer;
  if (node === undefined || node.domain !== '') return undefined;
  if (['Conv', 'ConvTranspose', 'Gemm', 'MatMul'].includes(node.opType))
    return node.inputs[1]?.constant === undefined ? undefined : node.inputs[1];
  const passes = ['Add', 'Clip', 'Relu', 'Dropout', 'Identity', 'Reshape'].includes(node.opType);
  if (!passes) return undefined;
  const computed = node.inputs.find((input) => input !== undefined && input.constant === undefined);
  return computed === undefined ? undefined : lastWeight(computed);
}

/** Inputs that start from one number. */
function fillsOf(node: Node): readonly (readonly [number, number])[] {
  if (node.domain !== '') return [];
  switch (node.opType) {
    case 'BatchNormalization':
      return [
        [1, 1],
        [2, 0],
        [3, 0],
        [4, 1],
      ];
    case 'LayerNormalization':
    case 'InstanceNormalization':
    case 'GroupNormalization':
      return [
        [1, 1],
        [2, 0],
      ];
    case 'Conv':
    case 'ConvTranspose':
    case 'Gemm':
      return [[2, 0]];
    case 'LSTM':
    case 'GRU':
    case 'RNN':
      return [[3, 0]];
    case 'PRelu':
      return [[1, 0.25]];
    case 'Add':
      return [0, 1].filter((i) => isBiasOf(node, i)).map((i) => [i, 0] as const);
    case 'Mul':
      return [0, 1].filter((i) => isScaleOf(node, i)).map((i) => [i, 1] as const);
    default:
      return [];
  }
}

const isVector = (value: Value | undefined): boolean =>
  value?.constant !== undefined && value.constant.dims.filter((size) => size > 1).length === 1;

/** Input `index` of the Add is the bias of a layer, or of a normalization written out. */
function isBiasOf(add: Node, index: number): boolean {
  const other = add.inputs[1 - index]?.producer;
  if (!isVector(add.inputs[index])) return false;
  return (
    isOp(other, 'MatMul', 'Gemm', 'Conv', 'ConvTranspose') ||
    (isOp(other, 'Mul') && [0, 1].some((i) => isScaleOf(other, i)))
  );
}

/** Input `index` of the Mul is the scale of a normalization written out: (x − mean) / √(variance + ε) · γ. */
function isScaleOf(mul: Node, index: number): boolean {
  const other = mul.inputs[1 - index]?.producer;
  return (
    isVector(mul.inputs[index]) && isOp(other, 'Div') && isOp(other.inputs[1]?.producer, 'Sqrt')
  );
}
