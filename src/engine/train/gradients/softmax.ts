import { attributeInt } from '../../graph/index.ts';
import { mul, reduceSum, sub } from './expressions.ts';
import type { GradientRule } from './rule.ts';

/** Softmax: dx = y (dy - Σ dy·y), the sum along the axis. */
export const softmaxGradient: GradientRule = ({ edit, node, dy, y }) => {
  const axis = attributeInt(node, 'axis', -1);
  return [mul(edit, y, sub(edit, dy, reduceSum(edit, mul(edit, dy, y), [axis], true)))];
};

/** LogSoftmax: dx = dy - softmax(x) Σ dy, the sum along the axis. */
export const logSoftmaxGradient: GradientRule = ({ edit, node, dy, y }) => {
  const axis = attributeInt(node, 'axis', -1);
  return [sub(edit, dy, mul(edit, edit.op('Exp', [y]), reduceSum(edit, dy, [axis], true)))];
};
