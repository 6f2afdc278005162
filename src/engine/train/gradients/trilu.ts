import { attributeInt, intAttribute } from '../../graph/index.ts';
import type { GradientRule } from './rule.ts';

/** Trilu keeps one triangle; so does its gradient. */
export const triluGradient: GradientRule = ({ edit, node, dy }) => [
  edit.op('Trilu', [dy, node.inputs[1]], { upper: intAttribute(attributeInt(node, 'upper', 1)) }),
];
