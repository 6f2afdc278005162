import { allNodes, edit, isOp, type Attribute, type Model, type Node } from '../graph/index.ts';
import type { Value } from '../graph/index.ts';
import { dtypeTable, elementCount, float32Tensor, int64Tensor } from '../tensor/index.ts';
import type { Tensor } from '../tensor/index.ts';

/**
 * Float tensors that stand in Constant nodes, subgraphs included, become initializers of the same name. Some exporters
 * (PaddlePaddle's among them) write every weight as a Constant node, and the branches of an If can hold them in no other way that tools
 * write; ONNX gives both the same meaning, a subgraph may read the initializers around it, and whatever looks for weights finds
 * initializers only. Single numbers and integers stay: they are parts of formulas. With 'all' they are hoisted as well, for whoever
 * reads the axes, pads and starts that newer operators take as inputs. Returns the model itself when there is nothing to do.
 */
export function hoistConstants(model: Model, which: 'weights' | 'all' = 'weights'): Model {
  const found = [...allNodes(model.graph)].flatMap((node) => {
    const tensor = which === 'all' ? tensorIn(node) : weightIn(node);
    return tensor === undefined ? [] : [{ node, tensor }];
  });
  if (found.length === 0) return model;
  return edit(model, (e) => {
    for (const { node, tensor } of found) {
      const output = e.node(node).outputs[0] as Value;
      const { name } = output;
      e.rename(output, `${name}_constant`);
      e.replaceUses(output, e.addConstant(name, tensor));
      e.removeNode(node);
    }
  });
}

function weightIn(node: Node): Tensor | undefined {
  const tensor = tensorIn(node);
  if (tensor === undefined || !node.attributes.has('value')) return undefined;
  const { dtype, dims } = tensor;
  return dtypeTable[dtype].kind === 'float' && elementCount(dims) > 1 ? tensor : undefined;
}

/** What a Constant node holds; undefined for other nodes, strings, sparse tensors, and where it is a graph output. */
function tensorIn(node: Node): Tensor | undefined {
  const output = node.outputs[0];
  if (!isOp(node, 'Constant') || output === undefined || node.graph.outputs.includes(output))
    return undefined;
  for (const [name, attribute] of node.attributes) {
    const tensor = tensorOf(name, attribute);
    if (tensor !== undefined) return tensor;
  }
  return undefined;
}

function tensorOf(name: string, attribute: Attribute): Tensor | undefined {
  const { kind } = attribute;
  if (name === 'value' && kind === 'tensor') return attribute.value;
  if (name === 'value_int' && kind === 'int') return int64Tensor([], [attribute.value]);
  if (name === 'value_float' && kind === 'float') return float32Tensor([], [attribute.value]);
  if (name === 'value_ints' && kind === 'ints')
    return int64Tensor([attribute.value.length], attribute.value);
  if (name === 'value_floats' && kind === 'floats')
    return float32Tensor([attribute.value.length], attribute.value);
  return undefined;
}
