import { attributeInt, attributeInts, stringAttribute, type Value } from '../../graph/index.ts';
import { elementCount, float32Tensor } from '../../tensor/index.ts';
import {
  div,
  expandLike,
  indicator,
  mul,
  range,
  reduceSum,
  reshape,
  reshapeLike,
  scaled,
} from './expressions.ts';
import type { GradientRule } from './rule.ts';
import { transposedWindow } from './transposed-window.ts';
import { at, windowOf } from './window.ts';

/**
 * MaxPool: dy is added to where the maximum was found. The training form gave the node its Indices
 * output: positions in the flattened input (ONNX: "the index of the value in the flattened
 * tensor").
 */
export const maxPoolGradient: GradientRule = (context) => {
  const { edit, node, dy } = context;
  const x = context.input(0);
  const indices = context.saved('indices');
  if (indices === undefined) throw new Error(`${node.name} was not put into its training form`);
  if (attributeInt(node, 'storage_order', 0) !== 0) context.refuse('MaxPool with storage_order 1');
  const flat = (value: Value): Value => reshape(edit, value, [-1]);
  const size = edit.op('Size', [x]);
  const zeros = edit.op('ConstantOfShape', [reshape(edit, size, [1])]);
  const overlapping = (attributeInts(node, 'kernel_shape') ?? []).some(
    (length, axis) => length > (attributeInts(node, 'strides')?.[axis] ?? 1),
  );
  const scattered = edit.op(
    'ScatterElements',
    [zeros, flat(indices), flat(dy)],
    overlapping ? { reduction: stringAttribute('add') } : {},
  );
  return [reshapeLike(edit, scattered, x)];
};

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
