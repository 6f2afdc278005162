import { attributeInt, type Value } from '../../graph/index.ts';
import { sumPerChannel } from './expressions.ts';
import type { GradientRule } from './rule.ts';
import { transposedWindow } from './transposed-window.ts';
import { convWeightGradient } from './conv-weight.ts';
import { windowOf } from './window.ts';

/**
 * Conv: x [N, C, …], w [M, C/group, …k], y [N, M, …].
 * dx is the transposed convolution of dy with w; dw see conv-weight.ts; db sums dy over batch and
 * space.
 */
export const convGradient: GradientRule = (context) => {
  const { edit, node, dy, needs, dims } = context;
  const x = context.input(0);
  const w = context.input(1);
  const weightDims = dims(w);
  const group = attributeInt(node, 'group', 1);
  const window = windowOf(node, weightDims.slice(2), dims(x).slice(2), dims(context.y).slice(2));
  const gradients: (Value | undefined)[] = [];
  gradients.push(needs(0) ? transposedWindow(edit, dy, w, window, group) : undefined);
  gradients.push(needs(1) ? convWeightGradient(edit, x, dy, window, weightDims, group) : undefined);
  if (node.inputs[2] !== undefined)
    gradients.push(needs(2) ? sumPerChannel(edit, dy, window.output) : undefined);
  return gradients;
};
