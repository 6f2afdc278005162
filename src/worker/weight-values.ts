import {
  captureActivations,
  countParameters,
  toFloat32,
  type Feeds,
  type Model,
  type Node,
  type Runtime,
  type Value,
} from '../engine/index.ts';

/** The numbers a variant really computes with in place of one of the original's weights. */
export interface EffectiveWeight {
  readonly values: Float32Array;
  readonly dims: readonly number[];
}

/**
 * Finds the weight by what reads it, since quantization stores it under other names and in other forms: the operator keeps its name and
 * the place of the input. What stands between the stored bytes and the operator (DequantizeLinear, unpacking) is computed by ONNX
 * Runtime itself. undefined where the operator itself was replaced (MatMulNBits, MatMulInteger) or removed.
 */
export async function effectiveWeight(
  original: Model,
  variant: Model,
  weight: string,
  runtime: Runtime,
  feeds: Feeds,
): Promise<EffectiveWeight | undefined> {
  const parameter = countParameters(original).parameters.find(({ value }) => value.name === weight);
  const place = parameter?.value.uses[0];
  if (place === undefined) return undefined;
  const reader = counterpart(original, variant, place.node);
  const value = reader?.inputs[place.index];
  if (value === undefined) return undefined;
  if (value.constant !== undefined)
    return { values: toFloat32(value.constant), dims: value.constant.dims };
  return computed(variant, value, runtime, feeds);
}

async function computed(
  model: Model,
  value: Value,
  runtime: Runtime,
  feeds: Feeds,
): Promise<EffectiveWeight | undefined> {
  const capture = await captureActivations(model, runtime, [value]);
  try {
    const found = (await capture.run(feeds)).get(value);
    return found === undefined ? undefined : { values: found.data, dims: found.dims };
  } finally {
    await capture.release();
  }
}

/** The variant's node of the same operator that answers for the original's: by name, or else by the name of its first output. */
function counterpart(original: Model, variant: Model, node: Node): Node | undefined {
  const same = variant.graph.nodes.filter((other) => other.opType === node.opType);
  const named = node.name === '' ? [] : same.filter((other) => other.name === node.name);
  if (named.length === 1) return named[0];
  const output = same.find((other) => other.outputs[0]?.name === node.outputs[0]?.name);
  if (output !== undefined) return output;
  const position = original.graph.nodes
    .filter((other) => other.opType === node.opType)
    .indexOf(node);
  return same.length === original.graph.nodes.filter((other) => other.opType === node.opType).length
    ? same[position]
    : undefined;
}

const mostLevels = 256;

/** The values that the first output channel of a quantized weight can be seen to take; undefined when they are too many for a grid. */
export function gridOf({ values, dims }: EffectiveWeight): Float32Array | undefined {
  const channel = dims.length > 1 ? values.subarray(0, values.length / (dims[0] ?? 1)) : values;
  const levels = new Set(channel);
  return levels.size > mostLevels ? undefined : Float32Array.from(levels).toSorted();
}
