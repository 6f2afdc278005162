import type { ModelHints } from '../data/index.ts';
import { isOp, requiredInputs, type Model, type Node } from '../graph/index.ts';
import { constantOf } from '../analysis/index.ts';
import { outputNumbers } from '../measure/index.ts';
import { readSpan } from '../core/index.ts';
import type { Tensor } from '../tensor/index.ts';

/** What a model's graph says of the preprocessing it wants: the ground for `guessPreprocess`. */
export function modelHints(model: Model): ModelHints {
  const [input] = requiredInputs(model);
  const readers = (input?.uses ?? []).map(({ node }) => node);
  const quantization = readers
    .map(afterMoving)
    .map(inputQuantization)
    .find((found) => found !== undefined);
  const outputClasses = lastDim(model);
  return {
    producer: model.producer.name,
    graphName: model.graph.name,
    firstOps: readers.map(({ opType }) => opType),
    ...(quantization === undefined ? {} : { inputQuantization: quantization }),
    ...(outputClasses === undefined ? {} : { outputClasses }),
  };
}

/** Past operators that only move values about. */
function afterMoving(node: Node): Node {
  let at = node;
  for (
    let steps = 0;
    steps < 8 && isOp(at, 'Reshape', 'Transpose', 'Squeeze', 'Unsqueeze', 'Identity', 'Flatten');
    steps++
  ) {
    const next = at.outputs[0]?.uses[0]?.node;
    if (next === undefined) break;
    at = next;
  }
  return at;
}

function inputQuantization(node: Node): { scale: number; zeroPoint: number } | undefined {
  if (!isOp(node, 'DequantizeLinear') && !isOp(node, 'QLinearConv')) return undefined;
  const scale = scalar(constantOf(node.inputs[1]));
  if (scale === undefined || !(scale > 0)) return undefined;
  return {
    scale,
    zeroPoint: node.inputs[2] === undefined ? 0 : (scalar(constantOf(node.inputs[2])) ?? 0),
  };
}

function scalar(tensor: Tensor | undefined): number | undefined {
  if (tensor === undefined || Array.isArray(tensor.data) || tensor.dims.some((dim) => dim !== 1))
    return undefined;
  const data = readSpan(tensor.data as Exclude<Tensor['data'], readonly Uint8Array[]>);
  return outputNumbers({ dtype: tensor.dtype, dims: tensor.dims, data })[0];
}

function lastDim(model: Model): number | undefined {
  const type = model.graph.outputs[0]?.type;
  if (type?.kind !== 'tensor' || type.dims === undefined) return undefined;
  const wide = type.dims.slice(1).filter((dim) => dim !== 1);
  return wide.length === 1 && typeof wide[0] === 'number' ? wide[0] : undefined;
}
