import { allNodes, edit, isOp, type Model, type Node, type Value } from '../graph/index.ts';
import { dtypeTable, elementCount, type Tensor } from '../tensor/index.ts';

/**
 * Float tensors that stand in Constant nodes, subgraphs included, become initializers of the same name. Some exporters
 * (PaddlePaddle's among them) write every weight as a Constant node, and the branches of an If can hold them in no other way that tools
 * write; ONNX gives both the same meaning, a subgraph may read the initializers around it, and whatever looks for weights finds
 * initializers only. Single numbers stay: they are parts of formulas. Returns the model itself when there is nothing to do.
 */
export function hoistConstants(model: Model): Model {
  const found = [...allNodes(model.graph)].flatMap((node) => {
    const tensor = weightIn(node);
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
  const output = node.outputs[0];
  if (!isOp(node, 'Constant') || output === undefined || node.graph.outputs.includes(output))
    return undefined;
  const attribute = node.attributes.get('value');
  if (attribute?.kind !== 'tensor') return undefined;
  const { dtype, dims } = attribute.value;
  return dtypeTable[dtype].kind === 'float' && elementCount(dims) > 1 ? attribute.value : undefined;
}
