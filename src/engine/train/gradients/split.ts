import { attributeInt, intAttribute, type Value } from '../../graph/index.ts';
import type { GradientRule } from './rule.ts';
import { zerosLike } from './runtime-shape.ts';

/** Split: the gradients of the parts, joined again; a part that nobody reads has none, and counts as zeros. */
export const splitGradient: GradientRule = ({ edit, node, outputGradients }) => {
  const parts = node.outputs.map((part, i) => outputGradients[i] ?? zerosLike(edit, part as Value));
  return [edit.op('Concat', parts, { axis: intAttribute(attributeInt(node, 'axis', 0)) })];
};
