import { attributeString, type Value } from '../../graph/index.ts';
import { axisMap, transposedMaps, type AxisMap } from './axis-map.ts';
import { constantInts } from './constant-ints.ts';
import { range, slice } from './expressions.ts';
import type { GradientContext, GradientRule } from './rule.ts';
import { at } from './window.ts';

/**
 * Pad: with a constant, dy loses its border again (pads may be computed at run time); with copies of the input (reflect, edge, wrap) each
 * border element adds to the one it was copied from, a linear map along each axis. The constant itself is no parameter.
 */
export const padGradient: GradientRule = (context) => {
  const { node, refuse, needs } = context;
  if (needs(2)) return refuse('the gradient of its constant');
  const mode = attributeString(node, 'mode', 'constant');
  if (mode === 'constant') return [withoutBorder(context)];
  if (!isCopying(mode)) return refuse(`mode ${mode}`);
  return [addedToOrigin(context, mode)];
};

function withoutBorder({ edit, node, dy, dims, input }: GradientContext): Value {
  const rank = dims(input(0)).length;
  const given = input(1);
  const axesInput = node.inputs[3];
  const pads = constantInts(given);
  const axes = axesInput === undefined ? range(rank) : constantInts(axesInput);
  if (pads === undefined || axes === undefined || pads.some((pad) => pad < 0))
    return edit.op('Pad', [dy, edit.op('Neg', [given]), undefined, axesInput]);
  const cut = range(axes.length).filter((i) => at(pads, i) > 0 || at(pads, i + axes.length) > 0);
  if (cut.length === 0) return edit.op('Identity', [dy]);
  // An end counted from the end, so that no size is baked in.
  const ends = cut.map((i) => -at(pads, i + axes.length) || 2 ** 40);
  return slice(
    edit,
    dy,
    cut.map((i) => at(pads, i)),
    ends,
    cut.map((i) => at(axes, i)),
  );
}

function addedToOrigin(context: GradientContext, mode: Copying): Value {
  const { edit, node, dy, dims, input, refuse } = context;
  const shape = dims(input(0));
  const rank = shape.length;
  const pads = constantInts(input(1)) ?? refuse('pads that are computed at run time');
  const axes =
    node.inputs[3] === undefined
      ? range(rank)
      : (constantInts(node.inputs[3]) ?? refuse('axes that are computed at run time'));
  const maps: AxisMap[] = [];
  axes.forEach((given, i) => {
    const axis = (given + rank) % rank;
    const [begin, end] = [at(pads, i), at(pads, i + axes.length)];
    if (begin === 0 && end === 0) return;
    if (axis === 0) refuse(`mode ${mode} along the batch axis`);
    const size = at(shape, axis);
    maps.push(
      axisMap(axis, begin + size + end, size, (o, put) => put(origins[mode](o - begin, size), 1)),
    );
  });
  return transposedMaps(edit, dy, rank, maps);
}

type Copying = keyof typeof origins;

const isCopying = (mode: string): mode is Copying => Object.hasOwn(origins, mode);

/** Which element of an axis of `size` stands at position p, which may lie outside. */
const origins = {
  edge: (p: number, size: number) => Math.min(size - 1, Math.max(0, p)),
  reflect: (p: number, size: number) => {
    const period = Math.max(1, 2 * (size - 1));
    const q = ((p % period) + period) % period;
    return q < size ? q : period - q;
  },
  wrap: (p: number, size: number) => ((p % size) + size) % size,
} as const;
