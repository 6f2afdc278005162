import {
  attributeInt,
  attributeInts,
  attributeString,
  type Node,
  type Value,
} from '../../graph/index.ts';
import { range, slice, sumPerChannel } from './expressions.ts';
import { convWeightGradient } from './conv-weight.ts';
import type { GradientRule } from './rule.ts';
import { at, usedPadEnd, windowOf, type Window } from './window.ts';

/**
 * ConvTranspose: x [N, C, …], w [C, M/group, …k], y [N, M, …] is the adjoint of a Conv that takes y's shape to x's with the kernel w.
 * So dx is that Conv of dy, dw is that Conv's weight gradient with the roles of input and output gradient exchanged, and db sums dy.
 */
export const convTransposeGradient: GradientRule = (context) => {
  const { edit, node, dy, needs, dims } = context;
  const x = context.input(0);
  const w = context.input(1);
  const weightDims = dims(w);
  const group = attributeInt(node, 'group', 1);
  const window = adjointWindow(
    node,
    weightDims.slice(2),
    dims(x).slice(2),
    dims(context.y).slice(2),
  );
  const spatial = range(window.input.length).map((axis) => axis + 2);
  const used = usedPadEnd(window);
  // What output_padding added lies behind every window, and would make room for one window more.
  const rest = spatial.filter((_, i) => at(used, i) < 0);
  const seen = (): Value =>
    rest.length === 0
      ? dy
      : slice(
          edit,
          dy,
          rest.map(() => 0),
          rest.map((axis) => at(window.input, axis - 2) + at(used, axis - 2)),
          rest,
        );
  const gradients: (Value | undefined)[] = [];
  gradients.push(
    needs(0)
      ? edit.op('Conv', [seen(), w], {
          kernel_shape: { kind: 'ints', value: window.kernel },
          strides: { kind: 'ints', value: window.strides },
          dilations: { kind: 'ints', value: window.dilations },
          pads: {
            kind: 'ints',
            value: [...window.padBegin, ...used.map((pad) => Math.max(0, pad))],
          },
          group: { kind: 'int', value: group },
        })
      : undefined,
  );
  gradients.push(needs(1) ? convWeightGradient(edit, dy, x, window, weightDims, group) : undefined);
  if (node.inputs[2] !== undefined)
    gradients.push(needs(2) ? sumPerChannel(edit, dy, window.input) : undefined);
  return gradients;
};

/**
 * The window of the Conv that this node is the adjoint of: `input` and `output` change places. Where the pads are to be derived (auto_pad,
 * output_shape), ONNX Runtime takes what is too much, (x - 1) · stride + (k - 1) · dilation + 1 + output_padding - y, and
 * gives the larger half to the end for SAME_UPPER, to the beginning otherwise (conv_transpose_attributes.h, DistributePadding).
 */
function adjointWindow(
  node: Node,
  kernel: readonly number[],
  input: readonly number[],
  output: readonly number[],
): Window {
  const window = windowOf(node, kernel, output, input);
  const autoPad = attributeString(node, 'auto_pad', 'NOTSET');
  const derived = autoPad.startsWith('SAME') || attributeInts(node, 'output_shape') !== undefined;
  if (!derived) return window;
  const extra = attributeInts(node, 'output_padding') ?? input.map(() => 0);
  const surplus = usedPadEnd({ ...window, padBegin: input.map(() => 0) });
  const padBegin = surplus.map((pad, axis) => {
    const half = Math.max(0, pad + at(extra, axis)) / 2;
    return autoPad === 'SAME_UPPER' ? Math.floor(half) : Math.ceil(half);
  });
  const padEnd = surplus.map((pad, axis) => pad - at(padBegin, axis));
  return { ...window, padBegin, padEnd };
}
