import { attributeInt, attributeInts } from '../../graph/index.ts';
import { elementCount, float32Tensor } from '../../tensor/index.ts';
import { div, expandLike, indicator, mul, range, reduceSum, scaled } from './expressions.ts';
import type { GradientRule } from './rule.ts';
import { transposedWindow } from './transposed-window.ts';
import { at, windowOf } from './window.ts';

/**
 * AveragePool: dy ÷ (elements in the window), spread over the window by a transposed depthwise
 * convolution with ones.
 */
export const averagePoolGradient: GradientRule = (context) => {
  const { edit, node, dy, dims } = context;
  const shape = dims(context.input(0));
  const kernel = attributeInts(node, 'kernel_shape') ?? [];
  const window = windowOf(node, kernel, shape.slice(2), dims(context.y).slice(2));
  const channels = at(shape, 1);
  const ones = edit.addConstant(
    'ones',
    float32Tensor(
      [channels, 1, ...kernel],
      new Float32Array(channels * elementCount(kernel)).fill(1),
    ),
  );
  const countPadding = attributeInt(node, 'count_include_pad', 0) === 1;
  const counts = windowCounts(window, countPadding);
  const divisor = edit.addConstant('counts', float32Tensor([1, 1, ...window.output], counts));
  return [transposedWindow(edit, div(edit, dy, divisor), ones, window, channels)];
};

/** How many elements each window averages: those inside the input, or inside the padded input. */
function windowCounts(window: ReturnType<typeof windowOf>, countPadding: boolean): Float32Array {
  const perAxis = range(window.input.length).map((axis) =>
    range(at(window.output, axis)).map((position) => {
      const first = position * at(window.strides, axis) - at(window.padBegin, axis);
      const low = countPadding ? -at(window.padBegin, axis) : 0;
      const high = at(window.input, axis) + (countPadding ? at(window.padEnd, axis) : 0);
      return range(at(window.kernel, axis)).filter((tap) => {
        const place = first + tap * at(window.dilations, axis);
        return place >= low && place < high;
      }).length;
    }),
  );
  const counts = perAxis.reduce<number[]>(
    (products, axis) => products.flatMap((product) => axis.map((count) => product * count)),
    [1],
  );
  return Float32Array.from(counts);
}

export const globalAveragePoolGradient: GradientRule = (context) => {
  const x = context.input(0);
  const positions = elementCount(context.dims(x).slice(2));
  return [expandLike(context.edit, scaled(context.edit, context.dy, 1 / positions), x)];
};

/** GlobalMaxPool: dy goes to the maxima; several equal maxima share it. */
export const globalMaxPoolGradient: GradientRule = (context) => {
  const { edit, dy, y } = context;
  const x = context.input(0);
  const axes = range(context.dims(x).length - 2).map((axis) => axis + 2);
  const isMax = indicator(edit, edit.op('Equal', [x, y]));
  return [mul(edit, isMax, div(edit, dy, reduceSum(edit, isMax, axes, true)))];
};
