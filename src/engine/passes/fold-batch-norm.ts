import {
  attributeFloat,
  attributeInt,
  edit,
  isOp,
  type Model,
  type ModelEdit,
  type Node,
  type Value,
} from '../graph/index.ts';
import { elementCount, float32Tensor, tensorBytes, type Tensor } from '../tensor/index.ts';

/**
 * BatchNormalization behind a linear operator is absorbed by its weights. With s = γ / √(σ² + ε)
 * per output channel,
 *   γ (W x + b - μ) / √(σ² + ε) + β = (s W) x + (s (b - μ) + β).
 * Conv weights are [out, in/g, …k]; ConvTranspose [in, out/g, …k]; Gemm [out, in] with transB,
 * else [in, out].
 *
 * A node is left as it is unless everything is constant float32, the linear operator's output is
 * read by nobody else and is no output of the graph, and its weights belong to it alone. Double
 * precision is used for the products.
 */
export function foldBatchNorm(model: Model): Model {
  const pairs = model.graph.nodes.flatMap((norm) => {
    const pair = foldable(model, norm);
    return pair === undefined ? [] : [pair];
  });
  if (pairs.length === 0) return model;
  return edit(model, (change) => {
    for (const pair of pairs) fold(change, pair);
    change.removeDead();
  });
}

interface Pair {
  readonly linear: Node;
  readonly norm: Node;
  /** Axis of the weights that counts output channels. */
  readonly axis: 0 | 1;
}

function foldable(model: Model, norm: Node): Pair | undefined {
  const linear = norm.inputs[0]?.producer;
  if (!isOp(norm, 'BatchNormalization') || attributeInt(norm, 'training_mode', 0) !== 0)
    return undefined;
  if (!isOp(linear, 'Conv', 'ConvTranspose', 'Gemm')) return undefined;
  const between = linear.outputs[0];
  const [, weight, bias] = linear.inputs;
  if (between === undefined || between.uses.length !== 1 || model.graph.outputs.includes(between))
    return undefined;
  const parameters = norm.inputs.slice(1, 5);
  if (parameters.length !== 4 || !parameters.every((value) => isFixed(model, value)))
    return undefined;
  if (!isFixed(model, weight) || weight?.uses.length !== 1) return undefined;
  if (bias !== undefined && (!isFixed(model, bias) || bias.uses.length !== 1)) return undefined;
  const axis = outputAxis(linear);
  const channels = elementCount(parameters[0]?.constant?.dims ?? []);
  if (axis === undefined || weight.constant?.dims[axis] !== channels) return undefined;
  if (bias?.constant !== undefined && elementCount(bias.constant.dims) !== channels)
    return undefined;
  return { linear, norm, axis };
}

/** A float32 constant that no caller can override. */
const isFixed = (model: Model, value: Value | undefined): boolean =>
  value?.constant?.dtype === 'float32' && !model.graph.inputs.includes(value);

function outputAxis(linear: Node): 0 | 1 | undefined {
  if (linear.opType === 'Conv') return 0;
  if (linear.opType === 'ConvTranspose')
    return attributeInt(linear, 'group', 1) === 1 ? 1 : undefined;
  const plain = attributeFloat(linear, 'alpha', 1) === 1 && attributeFloat(linear, 'beta', 1) === 1;
  if (!plain) return undefined;
  return attributeInt(linear, 'transB', 0) === 1 ? 0 : 1;
}

function fold(change: ModelEdit, { linear, norm, axis }: Pair): void {
  const [gamma, beta, mean, variance] = norm.inputs
    .slice(1, 5)
    .map((value) => floatsOf(value?.constant));
  if (gamma === undefined || beta === undefined || mean === undefined || variance === undefined)
    throw new Error(`${norm.name} has no parameters`);
  const epsilon = attributeFloat(norm, 'epsilon', 1e-5);
  const scale = Float64Array.from(gamma, (g, c) => g / Math.sqrt((variance[c] ?? 0) + epsilon));
  const [, weight, bias] = linear.inputs;
  if (weight?.constant === undefined) throw new Error(`${linear.name} has no weights`);
  const before =
    bias?.constant === undefined ? new Float32Array(scale.length) : floatsOf(bias.constant);
  const after = Float32Array.from(
    scale,
    (s, c) => s * ((before[c] ?? 0) - (mean[c] ?? 0)) + (beta[c] ?? 0),
  );
  change.setConstant(weight, scaledAlong(weight.constant, axis, scale));
  if (bias === undefined)
    change.setInput(
      linear,
      2,
      change.addConstant(`${linear.name}.bias`, float32Tensor([after.length], after)),
    );
  else change.setConstant(bias, float32Tensor([after.length], after));
  const [between, normalized] = [linear.outputs[0], norm.outputs[0]];
  if (between === undefined || normalized === undefined)
    throw new Error(`${norm.name} has no output`);
  change.replaceUses(normalized, between);
}

/** Every element times the scale of its index along `axis`. */
function scaledAlong(tensor: Tensor, axis: number, scale: Float64Array): Tensor {
  const inner = elementCount(tensor.dims.slice(axis + 1));
  const values = floatsOf(tensor).map(
    (value, i) => value * (scale[Math.floor(i / inner) % scale.length] ?? 1),
  );
  return float32Tensor(tensor.dims, values);
}

/** A copy: the bytes of a file need not be aligned. */
function floatsOf(tensor: Tensor | undefined): Float32Array {
  if (tensor === undefined) return new Float32Array();
  return new Float32Array(tensorBytes(tensor).slice().buffer);
}
