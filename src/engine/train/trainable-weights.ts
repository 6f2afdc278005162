import { isOp, type Model, type Use, type Value } from '../graph/index.ts';
import { elementCount } from '../tensor/index.ts';
import { ruleOf } from './gradients/table.ts';

/**
 * The weights that training changes unless told otherwise: float32 constants in the parameter
 * slots of the gradient table. The constant of an Add counts only as the bias behind a linear
 * operator: elsewhere it is preprocessing or a fixed offset.
 */
export const trainableWeights = (model: Model): Value[] =>
  model.graph.constants.filter(
    (value) => value.constant?.dtype === 'float32' && value.uses.some((use) => isParameter(use)),
  );

function isParameter({ node, index }: Use): boolean {
  if (!(ruleOf(node.domain, node.opType)?.parameters ?? []).includes(index)) return false;
  if (node.opType !== 'Add') return true;
  const other = node.inputs[1 - index]?.producer;
  const size = elementCount(node.inputs[index]?.constant?.dims ?? []);
  return size > 1 && isOp(other, 'MatMul', 'Gemm', 'Conv', 'ConvTranspose');
}
