import { attributeInt, edit, isOp, type Model, type Node, type Value } from '../graph/index.ts';
import { elementCount, float32Tensor, toFloat32, type Tensor } from '../tensor/index.ts';

/**
 * Weights that stand in the file in another guise become plain float32 initializers:
 *  - integers behind a DequantizeLinear:  w = (q − zeroPoint) · scale, per tensor, per channel or per block (ONNX, opset 21);
 *  - what an Identity passes on: exporters share a tensor between layers that way, and it stays shared.
 * Computed once in float32 as the runtime does it, under the name that the node's output had. Pairs on activations stay. Returns the model
 * itself when there is nothing to do. `only`: these nodes and no others.
 */
export function unpackWeights(model: Model, only?: readonly Node[]): Model {
  const found = (only ?? model.graph.nodes).some((node) => plainTensor(node) !== undefined);
  if (!found) return model;
  return edit(model, (e) => {
    // Nodes are in topological order: what an Identity of a dequantized tensor reads is unpacked before it.
    for (const node of only?.map((one) => e.node(one)) ?? [...e.model.graph.nodes]) {
      const output = node.outputs[0] as Value;
      if (isOp(node, 'Identity') && node.inputs[0]?.constant !== undefined) {
        if (!node.graph.outputs.includes(output)) e.replaceUses(output, node.inputs[0]);
        continue;
      }
      const tensor = plainTensor(node);
      if (tensor === undefined) continue;
      const { name } = output;
      e.rename(output, `${name}_packed`);
      e.replaceUses(output, e.addConstant(name, tensor));
    }
    e.removeDead();
  });
}

/** What an Identity or DequantizeLinear hands on when all it reads is constant, and it is no output; undefined for any other node. */
export function plainTensor(node: Node): Tensor | undefined {
  const output = node.outputs[0];
  if (!isOp(node, 'Identity', 'DequantizeLinear') || output === undefined) return undefined;
  if (node.graph.outputs.includes(output)) return undefined;
  const [x, scale, zero] = node.inputs.map((input) => input?.constant);
  if (node.opType === 'Identity') return x;
  if (x === undefined || scale === undefined) return undefined;
  if (node.inputs[2] !== undefined && zero === undefined) return undefined;
  return dequantized(x, scale, zero, {
    axis: attributeInt(node, 'axis', 1),
    blockSize: attributeInt(node, 'block_size', 0),
  });
}

function dequantized(
  x: Tensor,
  scale: Tensor,
  zero: Tensor | undefined,
  { axis, blockSize }: { readonly axis: number; readonly blockSize: number },
): Tensor {
  const { dims } = x;
  const along = axis < 0 ? axis + dims.length : axis;
  const length = dims[along] ?? 1;
  const inner = elementCount(dims.slice(along + 1));
  const single = elementCount(scale.dims) === 1;
  const blocks = blockSize > 0 ? Math.ceil(length / blockSize) : length;
  const slotOf = (i: number): number => {
    if (single) return 0;
    const place = Math.floor(i / inner) % length;
    if (blockSize === 0) return place;
    const outer = Math.floor(i / (inner * length));
    return (outer * blocks + Math.floor(place / blockSize)) * inner + (i % inner);
  };
  const codes = toFloat32(x);
  const scales = toFloat32(scale);
  const zeros = zero === undefined ? undefined : toFloat32(zero);
  return float32Tensor(
    dims,
    codes.map((code, i) => {
      const slot = slotOf(i);
      return (code - (zeros?.[slot] ?? 0)) * (scales[slot] ?? Number.NaN);
    }),
  );
}
