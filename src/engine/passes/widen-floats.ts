import {
  allGraphs,
  allNodes,
  edit,
  intAttribute,
  type Attribute,
  type Model,
  type Node,
  type Value,
} from '../graph/index.ts';
import { float32Tensor, toFloat32, type DType, type Tensor } from '../tensor/index.ts';

/**
 * The same network in float32: half-precision constants become float32 (exactly: every half is one), inputs, outputs and casts are
 * declared so, and all arithmetic follows from its operands. Sums of small gradients would be lost in eleven bits, so training is
 * done this way (Micikevicius et al. 2018, arXiv:1710.03740, keep float32 master weights for that reason). Feeds change their type.
 * Returns the model itself when it holds no half floats.
 */
export function widenFloats(model: Model): Model {
  if (!holdsHalfFloats(model)) return model;
  return edit(model, (e) => {
    for (const graph of allGraphs(e.model.graph)) {
      for (const value of graph.constants)
        if (isHalf(value.constant?.dtype)) e.setConstant(value, widened(value.constant as Tensor));
      for (const value of valuesOf(graph)) {
        const { type } = value;
        if (type?.kind === 'tensor' && isHalf(type.dtype))
          e.setType(value, { kind: 'tensor', dtype: 'float32', dims: type.dims });
      }
    }
    for (const node of allNodes(e.model.graph))
      for (const [name, attribute] of node.attributes) {
        const changed = wideAttribute(name, attribute);
        if (changed !== undefined) e.setAttribute(node, name, changed);
      }
  });
}

/** True when a constant, a declared value or an attribute of the model is float16 or bfloat16. */
export function holdsHalfFloats(model: Model): boolean {
  for (const graph of allGraphs(model.graph)) {
    if (graph.constants.some((value) => isHalf(value.constant?.dtype))) return true;
    for (const { type } of valuesOf(graph))
      if (type?.kind === 'tensor' && isHalf(type.dtype)) return true;
  }
  return [...allNodes(model.graph)].some((node) =>
    [...node.attributes].some(([name, attribute]) => wideAttribute(name, attribute) !== undefined),
  );
}

function valuesOf(graph: Model['graph']): Value[] {
  const made = graph.nodes.flatMap((node: Node) => node.outputs);
  return [...graph.inputs, ...made].filter((value) => value !== undefined);
}

const isHalf = (dtype: DType | undefined): boolean => dtype === 'float16' || dtype === 'bfloat16';

const widened = (tensor: Tensor): Tensor => float32Tensor(tensor.dims, toFloat32(tensor));

/** Attributes that name an element type (TensorProto.DataType: 10 is FLOAT16, 16 BFLOAT16, 1 FLOAT), or hold a tensor. */
function wideAttribute(name: string, attribute: Attribute): Attribute | undefined {
  if (attribute.kind === 'tensor' && isHalf(attribute.value.dtype))
    return { kind: 'tensor', value: widened(attribute.value) };
  const namesType = name === 'to' || name === 'dtype';
  if (namesType && attribute.kind === 'int' && [10, 16].includes(Number(attribute.value)))
    return intAttribute(1);
  return undefined;
}
