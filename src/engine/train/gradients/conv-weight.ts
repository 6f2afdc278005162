import { intAttribute, intsAttribute, type ModelEdit, type Value } from '../../graph/index.ts';
import { elementCount } from '../../tensor/index.ts';
import { gemm, mul, range, reduceSum, reshape, slice, transpose } from './expressions.ts';
import { channelRows, spaceFirst, spaceFirstViews, swapBatch, tapViews } from './kernel-taps.ts';
import { at, isPointwise, usedPadEnd, type Window } from './window.ts';

/**
 * dL/dw of a Conv, w [M, C/g, …k]:
 *   dw[m, c, t] = Σ_n Σ_o dy[n, m, o] · x[n, c, o·stride + t·dilation - pad].
 * Several forms of the same sum, each where it was measured fastest on ONNX Runtime's WebAssembly
 * kernels (one thread; 1 to 192 channels; space of 7×7 to 64×64). With one group:
 *  - one tap: a matrix product over all positions (a sixth of the general form's time);
 *  - few input channels: one product with the views of all taps (a fifth to a third of that with
 *    each of them), or the general form where there are strides and many outputs;
 *  - otherwise per tap a product with its view (0.4 to 0.75 of the general form).
 * Depthwise, stride 1: per tap a view times dy, summed (0.5 to 0.85). Views are taken space first
 * with strides or where space is small (0.6 to 0.9 of the time with channels first). All else takes
 * the general form: a Conv of the batch-transposed input with the batch-transposed dy, strides and
 * dilations exchanged.
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
  const depthwise = group > 1 && at(weightDims, 0) === group && at(weightDims, 1) === 1;
  const dense = window.strides.every((stride) => stride === 1);
  if (depthwise && dense) return sumPerTap(sides);
  if (group > 1) return exchanged(sides, group);
  if (isSampling(window)) return pointwise(sides);
  if (at(weightDims, 1) >= fewInputs) return productPerTap(sides);
  if (dense) return productOverTaps(sides);
  return at(weightDims, 0) > fewOutputs ? exchanged(sides, 1) : productPerTap(sides);
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

/** A product per tap with fewer rows than this costs as much as one with so many. */
const fewInputs = 4;
const fewOutputs = 16;
/** With strides, or where space is small: elsewhere it costs more than it gains. */
const bringsSpaceFirst = ({ strides, output }: Window): boolean =>
  strides.some((stride) => stride > 1) || elementCount(output) <= 256;

/** One tap without padding: some of x's positions, each once. */
const isSampling = (window: Window): boolean =>
  window.kernel.every((size) => size === 1) &&
  [...window.padBegin, ...window.padEnd].every((pad) => pad === 0);

function pointwise({ edit, x, dy, window, weightDims }: Sides): Value {
  const rank = weightDims.length;
  const [seen] = isPointwise(window) ? [x] : tapViews(edit, x, window);
  const dyRows = channelRows(edit, dy, rank, at(weightDims, 0));
  const xRows = channelRows(edit, seen ?? x, rank, at(weightDims, 1));
  return reshape(edit, gemm(edit, dyRows, xRows, false, true), weightDims);
}

/**
 * The larger side gives the columns of each product: few columns are what its kernels are slow at.
 * Space first, a side is [positions·N, channels]; with channels first its transpose.
 */
function productPerTap(sides: Sides): Value {
  const { edit, x, dy, window, weightDims } = sides;
  const rank = weightDims.length;
  const [outputs, inputs] = [at(weightDims, 0), at(weightDims, 1)];
  const space = bringsSpaceFirst(window);
  const dySide = space
    ? spaceFirst(edit, dy, window.output, [-1, outputs])
    : channelRows(edit, dy, rank, outputs);
  const views = space
    ? spaceFirstViews(edit, x, window, inputs)
    : tapViews(edit, swapBatch(edit, x, rank), window);
  const wide = outputs >= inputs;
  const products = views.map((view) => {
    const xSide = reshape(edit, view, space ? [-1, inputs] : [inputs, -1]);
    const [left, right] = wide ? [xSide, dySide] : [dySide, xSide];
    return gemm(edit, left, right, space, !space);
  });
  const dims = wide ? [inputs, outputs] : [outputs, inputs];
  const stacked = reshape(edit, concat(edit, products, 0), [-1, ...dims]);
  return reshape(edit, transpose(edit, stacked, wide ? [2, 1, 0] : [1, 2, 0]), weightDims);
}

/** Stride 1: [taps·C, N·…] with [M, N·…]. */
function productOverTaps({ edit, x, dy, window, weightDims }: Sides): Value {
  const rank = weightDims.length;
  const [outputs, inputs] = [at(weightDims, 0), at(weightDims, 1)];
  const views = tapViews(edit, swapBatch(edit, x, rank), window).map((view) =>
    reshape(edit, view, [inputs, -1]),
  );
  const dyRows = channelRows(edit, dy, rank, outputs);
  const products = gemm(edit, concat(edit, views, 0), dyRows, false, true);
  const stacked = reshape(edit, products, [-1, inputs, outputs]);
  return reshape(edit, transpose(edit, stacked, [2, 1, 0]), weightDims);
}

function sumPerTap({ edit, x, dy, window, weightDims }: Sides): Value {
  const spatial = range(window.input.length);
  const channels = at(weightDims, 0);
  if (!bringsSpaceFirst(window)) {
    const sums = tapViews(edit, x, window).map((view) =>
      reduceSum(edit, mul(edit, view, dy), [0, ...spatial.map((axis) => axis + 2)], true),
    );
    // taps × [1, C, 1, …] → [1, C, taps, …1] → [C, 1, …k].
    return reshape(edit, concat(edit, sums, 2), weightDims);
  }
  const dyFirst = spaceFirst(edit, dy, window.output, [...window.output, -1, channels]);
  const sums = spaceFirstViews(edit, x, window, channels).map((view) =>
    reduceSum(edit, reshape(edit, mul(edit, view, dyFirst), [-1, channels]), [0], true),
  );
  // taps × [1, C] → [taps, C] → [C, 1, …k].
  return reshape(edit, transpose(edit, concat(edit, sums, 0), [1, 0]), weightDims);
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
