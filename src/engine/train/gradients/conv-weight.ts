import { intAttribute, intsAttribute, type ModelEdit, type Value } from '../../graph/index.ts';
import { gemm, mul, range, reduceSum, reshape, slice, transpose } from './expressions.ts';
import { batchLast, positionRows, tapViews } from './kernel-taps.ts';
import { at, usedPadEnd, type Window } from './window.ts';

/**
 * dL/dw of a Conv, w [M, C/g, …k]:
 *   dw[m, c, t] = Σ_n Σ_o dy[n, m, o] · x[n, c, o·stride + t·dilation - pad].
 * Several forms of the same sum, each where it was measured fastest on ONNX Runtime's WebAssembly
 * kernels (one thread; 1 to 192 channels; space of 7×7 to 64×64):
 *  - one tap, one group: a matrix product over all positions (a sixth of the general form's time);
 *  - one group: per tap a product with what it sees (0.5 to 0.65 of the general form);
 *  - one group, few input channels: one product with what all taps see, since a product with few
 *    rows takes as long as one with several (0.6 to 0.8); the general form where there are strides
 *    and many outputs;
 *  - depthwise: per tap what it sees times dy, summed (0.45 to 0.85);
 *  - otherwise the general form: a Conv of the batch-transposed input with the batch-transposed dy,
 *    strides and dilations exchanged.
 */
export function convWeightGradient(
  edit: ModelEdit,
  x: Value,
  dy: Value,
  window: Window,
  weightDims: readonly number[],
  group: number,
): Value {
  const sides = { edit, x, dy, window, weightDims };
  const [outputs, inputs] = [at(weightDims, 0), at(weightDims, 1)];
  if (group > 1)
    return outputs === group && inputs === 1 ? sumPerTap(sides) : exchanged(sides, group);
  if (isSampling(window)) return productOfSamples(sides);
  if (inputs >= few) return productPerTap(sides);
  const dense = window.strides.every((stride) => stride === 1);
  return dense || outputs <= fewForStrides ? productOverTaps(sides) : exchanged(sides, 1);
}

interface Sides {
  readonly edit: ModelEdit;
  /** [N, C, …input] */
  readonly x: Value;
  /** [N, M, …output] */
  readonly dy: Value;
  readonly window: Window;
  /** [M, C/g, …k] */
  readonly weightDims: readonly number[];
}

const few = 4;
/** With more, what all taps see takes longer to lay out than the general form takes. */
const fewForStrides = 16;

/** One tap without padding: some of x's positions, each once. */
const isSampling = (window: Window): boolean =>
  window.kernel.every((size) => size === 1) &&
  [...window.padBegin, ...window.padEnd].every((pad) => pad === 0);

function productOfSamples({ edit, x, dy, window, weightDims }: Sides): Value {
  const rank = weightDims.length;
  const dyRows = channelRows(edit, dy, rank, at(weightDims, 0));
  const xRows = channelRows(edit, samples(edit, x, window), rank, at(weightDims, 1));
  return reshape(edit, gemm(edit, dyRows, xRows, false, true), weightDims);
}

/** x [N, C, …input] where the strides lead: [N, C, …output]. */
function samples(edit: ModelEdit, x: Value, { strides, output }: Window): Value {
  if (strides.every((stride) => stride === 1)) return x;
  const axes = range(output.length).map((axis) => axis + 2);
  const ends = output.map((size, axis) => (size - 1) * at(strides, axis) + 1);
  const starts = ends.map(() => 0);
  return slice(edit, x, starts, ends, axes, strides);
}

function productPerTap(sides: Sides): Value {
  const { edit, dy, window, weightDims } = sides;
  const outputs = at(weightDims, 0);
  if (outputs < few) return productPerTapOfFew(sides);
  const dyRows = positionRows(edit, dy, outputs, window.output);
  const products = viewRows(sides).map((rows) => gemm(edit, rows, dyRows, false, false));
  return fromTaps(sides, concat(edit, products, 0));
}

/** Few output channels are better rows of a product than columns (0.65 of the time). */
function productPerTapOfFew(sides: Sides): Value {
  const { edit, dy, window, weightDims } = sides;
  const outputs = at(weightDims, 0);
  const dyRows = reshape(edit, batchLast(edit, dy, outputs, window.output), [outputs, -1]);
  const products = viewRows(sides).map((rows) => gemm(edit, dyRows, rows, false, true));
  const stacked = reshape(edit, concat(edit, products, 0), [-1, outputs, at(weightDims, 1)]);
  return reshape(edit, transpose(edit, stacked, [1, 2, 0]), weightDims);
}

function productOverTaps(sides: Sides): Value {
  const { edit, dy, window, weightDims } = sides;
  const dyRows = positionRows(edit, dy, at(weightDims, 0), window.output);
  return fromTaps(sides, gemm(edit, concat(edit, viewRows(sides), 0), dyRows, false, false));
}

/** What each tap sees, a row for each channel: taps × [C, output·N]. */
const viewRows = ({ edit, x, window, weightDims }: Sides): Value[] =>
  tapViews(edit, x, window, at(weightDims, 1)).map((view) =>
    reshape(edit, view, [at(weightDims, 1), -1]),
  );

/** [taps·C, M] → [M, C, …k]. */
function fromTaps({ edit, weightDims }: Sides, products: Value): Value {
  const stacked = reshape(edit, products, [-1, at(weightDims, 1), at(weightDims, 0)]);
  return reshape(edit, transpose(edit, stacked, [2, 1, 0]), weightDims);
}

/** Sums over space add whole batches at a time; the one over the batch, along the last axis, is slow and left for all taps together. */
function sumPerTap({ edit, x, dy, window, weightDims }: Sides): Value {
  const channels = at(weightDims, 0);
  const dyLast = batchLast(edit, dy, channels, window.output);
  const space = range(window.output.length).map((axis) => axis + 1);
  const perSample = tapViews(edit, x, window, channels).map((view) =>
    reduceSum(edit, mul(edit, view, dyLast), space, true),
  );
  // taps × [C, 1, …, N] → [C, taps, …1, N] → [C, taps, …1] → [C, 1, …k].
  const sums = reduceSum(edit, concat(edit, perSample, 1), [space.length + 1], false);
  return reshape(edit, sums, weightDims);
}

/**
 * With x as [C/g, g·N, …] (channel within the group as batch; group and sample as channels) and dy
 * as the kernel [M, N, …output], a Conv of g groups sums over samples and positions. What the
 * exchanged strides leave beyond k is cut off.
 */
function exchanged({ edit, x, dy, window, weightDims }: Sides, group: number): Value {
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

const concat = (edit: ModelEdit, parts: readonly Value[], axis: number): Value =>
  edit.op('Concat', parts, { axis: intAttribute(axis) });

/** Batch and channels swapped: [N, C, …] → [C, N, …]. */
const swapBatch = (edit: ModelEdit, x: Value, rank: number): Value =>
  transpose(edit, x, [1, 0, ...range(rank - 2).map((axis) => axis + 2)]);

/** Rows of one channel each: [N, C, …] → [C, N·…]. */
const channelRows = (edit: ModelEdit, x: Value, rank: number, channels: number): Value =>
  reshape(edit, swapBatch(edit, x, rank), [channels, -1]);
