import { intAttribute, intsAttribute, type ModelEdit, type Value } from '../../graph/index.ts';
import { gemm, int64s, mul, range, reduceSum, reshape, slice, transpose } from './expressions.ts';
import { at, isPointwise, usedPadEnd, type Window } from './window.ts';

/**
 * dL/dw of a Conv, w [M, C/g, …k]:
 *   dw[m, c, t] = Σ_n Σ_o dy[n, m, o] · x[n, c, o·stride + t·dilation - pad].
 * Four forms of the same sum, each where it was measured fastest on ONNX Runtime's CPU kernels
 * (batch 128, 16 to 192 channels):
 *  - 1×1, one group: one matrix product over all positions (a fifth of the general form's time);
 *  - one group, stride 1: per kernel tap, a matrix product with a shifted view (0.45 to 0.7 of it);
 *  - depthwise, stride 1: per kernel tap, a shifted view times dy, summed (0.6 to 0.85 of it);
 *  - otherwise the general form: a Conv of the batch-transposed input with the batch-transposed
 *    dy, strides and dilations exchanged.
 */
export function convWeightGradient(
  edit: ModelEdit,
  x: Value,
  dy: Value,
  window: Window,
  weightDims: readonly number[],
  group: number,
): Value {
  const depthwise = group > 1 && at(weightDims, 0) === group && at(weightDims, 1) === 1;
  const dense = window.strides.every((stride) => stride === 1);
  if (group === 1 && isPointwise(window)) return pointwise(edit, x, dy, weightDims);
  if (group === 1 && dense) return productPerTap(edit, x, dy, window, weightDims);
  if (depthwise && dense) return sumPerTap(edit, x, dy, window, weightDims);
  return exchanged(edit, x, dy, window, weightDims, group);
}

/** Batch and channels swapped: [N, C, …] → [C, N, …]. */
const swapBatch = (edit: ModelEdit, x: Value, rank: number): Value =>
  transpose(edit, x, [1, 0, ...range(rank - 2).map((axis) => axis + 2)]);

/** Rows of one channel each: [N, C, …] → [C, N·…]. */
const channelRows = (edit: ModelEdit, x: Value, rank: number, channels: number): Value =>
  reshape(edit, swapBatch(edit, x, rank), [channels, -1]);

function pointwise(edit: ModelEdit, x: Value, dy: Value, weightDims: readonly number[]): Value {
  const rank = weightDims.length;
  const dyRows = channelRows(edit, dy, rank, at(weightDims, 0));
  const xRows = channelRows(edit, x, rank, at(weightDims, 1));
  return reshape(edit, gemm(edit, dyRows, xRows, false, true), weightDims);
}

function productPerTap(
  edit: ModelEdit,
  x: Value,
  dy: Value,
  window: Window,
  weightDims: readonly number[],
): Value {
  const rank = weightDims.length;
  const [outputs, inputs] = [at(weightDims, 0), at(weightDims, 1)];
  const dyRows = channelRows(edit, dy, rank, outputs);
  const products = shiftedViews(edit, swapBatch(edit, x, rank), window).map((view) =>
    gemm(edit, dyRows, reshape(edit, view, [inputs, -1]), false, true),
  );
  // taps × [M, C] → [taps, M, C] → [M, C, …k].
  const stacked = reshape(edit, edit.op('Concat', products, { axis: intAttribute(0) }), [
    -1,
    outputs,
    inputs,
  ]);
  return reshape(edit, transpose(edit, stacked, [1, 2, 0]), weightDims);
}

function sumPerTap(
  edit: ModelEdit,
  x: Value,
  dy: Value,
  window: Window,
  weightDims: readonly number[],
): Value {
  const axes = range(window.input.length).map((axis) => axis + 2);
  const sums = shiftedViews(edit, x, window).map((view) =>
    reduceSum(edit, mul(edit, view, dy), [0, ...axes], true),
  );
  // taps × [1, C, 1, …] → [1, C, taps, …1] → [C, 1, …k].
  return reshape(edit, edit.op('Concat', sums, { axis: intAttribute(2) }), weightDims);
}

/**
 * For each kernel tap, what it sees of x [a, b, …input] at every output position: [a, b, …output].
 * Stride 1.
 */
function shiftedViews(edit: ModelEdit, x: Value, window: Window): Value[] {
  const spatial = range(window.input.length);
  const axes = spatial.map((axis) => axis + 2);
  const padEnd = usedPadEnd(window).map((pad) => Math.max(0, pad));
  const pads = [0, 0, ...window.padBegin, 0, 0, ...padEnd];
  const padded = pads.some((pad) => pad > 0) ? edit.op('Pad', [x, int64s(edit, pads)]) : x;
  return taps(window.kernel).map((tap) => {
    const starts = spatial.map((axis) => at(tap, axis) * at(window.dilations, axis));
    const ends = spatial.map((axis) => at(starts, axis) + at(window.output, axis));
    return slice(edit, padded, starts, ends, axes);
  });
}

/** All positions of a kernel, last axis fastest. */
const taps = (kernel: readonly number[]): number[][] =>
  kernel.reduce<number[][]>(
    (positions, size) => positions.flatMap((position) => range(size).map((i) => [...position, i])),
    [[]],
  );

/**
 * With x as [C/g, g·N, …] (channel within the group as batch; group and sample as channels) and dy
 * as the kernel [M, N, …output], a Conv of g groups sums over samples and positions. What the
 * exchanged strides leave beyond k is cut off.
 */
function exchanged(
  edit: ModelEdit,
  x: Value,
  dy: Value,
  window: Window,
  weightDims: readonly number[],
  group: number,
): Value {
  const rank = weightDims.length;
  const spatial = range(rank - 2);
  const axes = spatial.map((axis) => axis + 2);
  const perGroup = at(weightDims, 1);
  const used = usedPadEnd(window);
  const images =
    group === 1
      ? swapBatch(edit, x, rank)
      : reshape(
          edit,
          transpose(
            edit,
            reshape(edit, x, [0, group, perGroup, ...window.input.slice(0, -1), -1]),
            [2, 1, 0, ...axes.map((axis) => axis + 1)],
          ),
          [perGroup, -1, ...window.input],
        );
  const full = edit.op('Conv', [images, swapBatch(edit, dy, rank)], {
    strides: intsAttribute(window.dilations),
    dilations: intsAttribute(window.strides),
    pads: intsAttribute([...window.padBegin, ...used.map((pad) => Math.max(0, pad))]),
    group: intAttribute(group),
  });
  const surplus = used.some((pad) => pad < 0);
  const cut = surplus
    ? slice(
        edit,
        full,
        spatial.map(() => 0),
        window.kernel,
        axes,
      )
    : full;
  return swapBatch(edit, cut, rank);
}
