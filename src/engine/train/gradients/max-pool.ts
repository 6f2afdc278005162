import {
  attributeInt,
  attributeInts,
  stringAttribute,
  type ModelEdit,
  type Node,
  type Value,
} from '../../graph/index.ts';
import { elementCount, float32Tensor } from '../../tensor/index.ts';
import {
  div,
  indicator,
  int64s,
  mul,
  range,
  reduceSum,
  reshape,
  reshapeLike,
  sizeOf,
  slice,
  transpose,
} from './expressions.ts';
import type { GradientRule } from './rule.ts';
import { at, usedPadEnd, type Window, windowOf } from './window.ts';

/**
 * MaxPool: dy goes to where the maximum was found, in one of two forms:
 *  - small windows side by side (2×2 with stride 2): each is compared with its maximum, and equal
 *    maxima share dy. On ONNX Runtime's CPU kernels this takes 0.5 to 0.9 of the time of the other
 *    form, and WebGPU has all of its operators;
 *  - otherwise dy is added at the positions that MaxPool returns as its second output. WebGPU has
 *    no kernel for that output (ONNX Runtime 1.30). To compare larger or overlapping windows takes
 *    1.4 to 3 times as long on the CPU.
 */
export const maxPoolGradient: GradientRule = (context) => {
  const { node, dy, dims, edit } = context;
  const x = context.input(0);
  const shape = dims(x);
  const kernel = attributeInts(node, 'kernel_shape') ?? [];
  if (comparesWindows(node)) {
    const window = windowOf(node, kernel, shape.slice(2), dims(context.y).slice(2));
    return [toEqualMaxima(edit, x, context.y, dy, window, at(shape, 1))];
  }
  const indices = context.saved('indices');
  if (indices === undefined) throw new Error(`${node.name} was not put into its training form`);
  if (attributeInt(node, 'storage_order', 0) !== 0) context.refuse('MaxPool with storage_order 1');
  return [toIndices(edit, x, dy, indices, overlapping(node, kernel))];
};

/** Windows of up to four places without gaps or overlap: the rule needs no positions of the maxima. */
export function comparesWindows(node: Node): boolean {
  const kernel = attributeInts(node, 'kernel_shape') ?? [];
  const strides = attributeInts(node, 'strides') ?? [];
  const dilations = attributeInts(node, 'dilations') ?? [];
  return (
    elementCount(kernel) <= 4 &&
    kernel.every((length, axis) => length === (strides[axis] ?? 1)) &&
    dilations.every((dilation) => dilation === 1)
  );
}

const overlapping = (node: Node, kernel: readonly number[]): boolean =>
  kernel.some((length, axis) => length > (attributeInts(node, 'strides')?.[axis] ?? 1));

/** Lower than any number that counts: padding is never the maximum. */
const lowest = -3.4028234663852886e38;

/**
 * x [N, C, …input], brought to a whole number of windows, as [N, K, C·…output]: what each of the K
 * places of a window holds, one after the other. There y and dy broadcast.
 */
function toEqualMaxima(
  edit: ModelEdit,
  x: Value,
  y: Value,
  dy: Value,
  window: Window,
  channels: number,
): Value {
  const places = toPlaces(edit, wholeWindows(edit, x, window), window, channels);
  const once = (value: Value): Value => reshape(edit, value, [0, 1, -1]);
  const chosen = indicator(edit, edit.op('Equal', [places, once(y)]));
  const share = div(edit, once(dy), reduceSum(edit, chosen, [1], true));
  const whole = fromPlaces(edit, mul(edit, chosen, share), window, channels);
  return likeInput(edit, whole, window);
}

/** [N, C, …output·k] → [N, …k, C, …output] → [N, K, C·…output]. */
function toPlaces(edit: ModelEdit, x: Value, window: Window, channels: number): Value {
  const axes = range(window.kernel.length);
  const split = reshape(edit, x, [
    0,
    channels,
    ...axes.flatMap((axis) => [at(window.output, axis), at(window.kernel, axis)]),
  ]);
  const perm = [0, ...axes.map((axis) => 2 * axis + 3), 1, ...axes.map((axis) => 2 * axis + 2)];
  return reshape(edit, transpose(edit, split, perm), [0, elementCount(window.kernel), -1]);
}

/** [N, K, C·…output] → [N, C, …output·k]. */
function fromPlaces(edit: ModelEdit, x: Value, window: Window, channels: number): Value {
  const rank = window.kernel.length;
  const axes = range(rank);
  const apart = reshape(edit, x, [0, ...window.kernel, channels, ...window.output]);
  const perm = [0, rank + 1, ...axes.flatMap((axis) => [rank + 2 + axis, axis + 1])];
  const sizes = axes.map((axis) => at(window.output, axis) * at(window.kernel, axis));
  return reshape(edit, transpose(edit, apart, perm), [0, channels, ...sizes]);
}

/** Padded where windows reach beyond the input, cut where no window comes. */
function wholeWindows(edit: ModelEdit, x: Value, window: Window): Value {
  const end = usedPadEnd(window);
  const padded = padSpace(edit, x, window.padBegin, end, lowest);
  if (end.every((pad) => pad >= 0)) return padded;
  const axes = range(end.length);
  const sizes = axes.map((axis) => at(window.output, axis) * at(window.kernel, axis));
  return slice(
    edit,
    padded,
    axes.map(() => 0),
    sizes,
    axes.map((axis) => axis + 2),
  );
}

/** Undoes `wholeWindows`, with zeros where no window came. */
function likeInput(edit: ModelEdit, dx: Value, window: Window): Value {
  const end = usedPadEnd(window);
  const begin = window.padBegin;
  const axes = range(end.length);
  const filled = padSpace(
    edit,
    dx,
    axes.map(() => 0),
    end.map((pad) => -pad),
    0,
  );
  if ([...begin, ...end].every((pad) => pad <= 0)) return filled;
  const ends = axes.map((axis) => at(begin, axis) + at(window.input, axis));
  return slice(
    edit,
    filled,
    begin,
    ends,
    axes.map((axis) => axis + 2),
  );
}

/** Negative pads count as none. */
function padSpace(
  edit: ModelEdit,
  x: Value,
  begin: readonly number[],
  end: readonly number[],
  value: number,
): Value {
  const pads = [0, 0, ...begin, 0, 0, ...end.map((pad) => Math.max(0, pad))];
  if (pads.every((pad) => pad === 0)) return x;
  return edit.op('Pad', [
    x,
    int64s(edit, pads),
    edit.addConstant('padding', float32Tensor([], [value])),
  ]);
}

/** `indices`: positions in the flattened input (ONNX: "the index of the value in the flattened tensor"). */
function toIndices(edit: ModelEdit, x: Value, dy: Value, indices: Value, repeated: boolean): Value {
  const flat = (value: Value): Value => reshape(edit, value, [-1]);
  const zeros = edit.op('ConstantOfShape', [sizeOf(edit, x)]);
  const scattered = edit.op(
    'ScatterElements',
    [zeros, flat(indices), flat(dy)],
    repeated ? { reduction: stringAttribute('add') } : {},
  );
  return reshapeLike(edit, scattered, x);
}
