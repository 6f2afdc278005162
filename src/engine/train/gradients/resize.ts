import {
  attributeFloat,
  attributeInt,
  attributeInts,
  attributeString,
  type Node,
} from '../../graph/index.ts';
import { toFloat32 } from '../../tensor/index.ts';
import { axisMap, transposedMaps, type AxisMap } from './axis-map.ts';
import { range } from './expressions.ts';
import type { GradientContext, GradientRule } from './rule.ts';
import { at } from './window.ts';

/**
 * Resize (nearest, linear, cubic) is a linear map along each axis, y = A x (ONNX, Resize): row o of A holds what the output
 * element o takes of each input element, at the place coordinate_transformation_mode gives it. So dx = Aᵀ dy along each axis.
 * Coordinates are computed in float32 as ONNX Runtime does, since `nearest` may turn on the last bit.
 */
export const resizeGradient: GradientRule = (context) => {
  const { edit, dy, dims } = context;
  const rank = dims(context.input(0)).length;
  return [transposedMaps(edit, dy, rank, mapsOf(context))];
};

function mapsOf(context: GradientContext): AxisMap[] {
  const { node, dims, refuse } = context;
  const input = dims(context.input(0));
  const output = dims(context.y);
  const scales = scalesOf(context, input, output);
  const rowOf = rowsOf(node, refuse);
  return range(input.length).flatMap((axis) => {
    const [size, length, scale] = [at(input, axis), at(output, axis), at(scales, axis)];
    if (size === length && scale === 1) return [];
    if (axis === 0) refuse('resizing the batch axis');
    const row = rowOf({ size, length, scale });
    return [axisMap(axis, length, size, row)];
  });
}

interface Axis {
  readonly size: number;
  readonly length: number;
  readonly scale: number;
}

type Row = (output: number, put: (input: number, weight: number) => void) => void;

/** One scale per axis: as given, or length ÷ size where the node names sizes. */
function scalesOf(
  { node, refuse }: GradientContext,
  input: readonly number[],
  output: readonly number[],
): number[] {
  const rank = input.length;
  const measured = range(rank).map((axis) => at(output, axis) / at(input, axis));
  const given = node.inputs[2];
  const unused = given?.constant !== undefined && given.constant.dims[0] === 0;
  if (given === undefined || unused) {
    if (attributeString(node, 'keep_aspect_ratio_policy', 'stretch') !== 'stretch')
      refuse('keep_aspect_ratio_policy');
    return measured;
  }
  if (given.constant === undefined) return refuse('scales that are computed at run time');
  const scales = toFloat32(given.constant);
  const axes = attributeInts(node, 'axes') ?? range(rank);
  const all = range(rank).map(() => 1);
  axes.forEach((axis, i) => {
    all[(axis + rank) % rank] = scales[i] ?? 1;
  });
  return all;
}

function rowsOf(node: Node, refuse: (detail: string) => never): (axis: Axis) => Row {
  const transform = attributeString(node, 'coordinate_transformation_mode', 'half_pixel');
  if (!isTransform(transform)) return refuse(`coordinate_transformation_mode ${transform}`);
  if (attributeInt(node, 'antialias', 0) === 1) return refuse('antialias');
  const place = (axis: Axis, o: number): number =>
    axis.scale === 1 && axis.length === axis.size ? o : float(transforms[transform](axis, o));
  const mode = attributeString(node, 'mode', 'nearest');
  if (mode === 'linear') return (axis) => (o, put) => linearRow(axis, place(axis, o), put);
  if (mode === 'cubic') {
    const a = attributeFloat(node, 'cubic_coeff_a', -0.75);
    const exclude = attributeInt(node, 'exclude_outside', 0) === 1;
    return (axis) => (o, put) => cubicRow(axis, place(axis, o), a, exclude, put);
  }
  const rounding = attributeString(node, 'nearest_mode', 'round_prefer_floor');
  if (mode !== 'nearest' || !isRounding(rounding)) return refuse(`mode ${mode}, ${rounding}`);
  return (axis) => (o, put) => put(inside(roundings[rounding](place(axis, o)), axis.size), 1);
}

const float = Math.fround;
const inside = (i: number, size: number): number => Math.min(size - 1, Math.max(0, i));

const transforms = {
  half_pixel: ({ scale }: Axis, o: number) => float((o + 0.5) / scale) - 0.5,
  pytorch_half_pixel: ({ scale, length }: Axis, o: number) =>
    length > 1 ? float((o + 0.5) / scale) - 0.5 : 0,
  half_pixel_symmetric({ scale, length, size }: Axis, o: number) {
    const adjustment = length / float(scale * size);
    return (size / 2) * (1 - adjustment) + float((o + 0.5) / scale) - 0.5;
  },
  align_corners: ({ length, size }: Axis, o: number) =>
    length === 1 ? 0 : (o * (size - 1)) / (length - 1),
  asymmetric: ({ scale }: Axis, o: number) => o / scale,
} as const;

const roundings = {
  round_prefer_floor: (x: number) => Math.ceil(x - 0.5),
  round_prefer_ceil: (x: number) => Math.floor(x + 0.5),
  floor: (x: number) => Math.floor(x),
  ceil: (x: number) => Math.ceil(x),
} as const;

const isTransform = (name: string): name is keyof typeof transforms =>
  Object.hasOwn(transforms, name);
const isRounding = (name: string): name is keyof typeof roundings => Object.hasOwn(roundings, name);

type Put = (input: number, weight: number) => void;

/** Between the two neighbours, the border repeated outside. */
function linearRow({ size }: Axis, x: number, put: Put): void {
  const clamped = Math.min(size - 1, Math.max(0, x));
  const below = Math.floor(clamped);
  const share = clamped - below;
  put(below, 1 - share);
  if (share > 0) put(below + 1, share);
}

/** Keys 1981, four neighbours; those outside count as the border, or not at all. */
function cubicRow({ size }: Axis, x: number, a: number, exclude: boolean, put: Put): void {
  const below = Math.floor(x);
  const taps = [-1, 0, 1, 2].map((step) => {
    const i = below + step;
    const out = exclude && (i < 0 || i >= size);
    return { i: inside(i, size), weight: out ? 0 : keys(Math.abs(x - i), a) };
  });
  const sum = exclude ? taps.reduce((total, { weight }) => total + weight, 0) : 1;
  for (const { i, weight } of taps) put(i, weight / sum);
}

const keys = (d: number, a: number): number => {
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
};
