import type { ModelEdit, Value } from '../../graph/index.ts';
import { add, int64s, mul, range, slice, sub } from './expressions.ts';
import { constantInts } from './constant-ints.ts';
import type { GradientContext, GradientRule } from './rule.ts';
import { fromTheStart, placedIn, shapeOf } from './runtime-shape.ts';
import { at } from './window.ts';

/**
 * Slice: dy goes back to where it was cut out, zeros elsewhere. Starts may be computed when the graph runs; axes and steps are
 * constants. A step of s is undone by s - 1 zeros behind every element, a negative one by turning the axis round first.
 */
export const sliceGradient: GradientRule = (context) => {
  const { edit, dy } = context;
  const cut = cutOf(context);
  const x = context.input(0);
  const begin = beginOf(edit, cut, x, dy);
  const forward = turned(edit, dy, cut);
  return [placedIn(edit, spread(edit, forward, cut), x, begin)];
};

interface Cut {
  readonly rank: number;
  readonly axes: readonly number[];
  /** Where they are constant. */
  readonly known: readonly number[] | undefined;
  /** int64, one per axis. */
  readonly starts: Value;
  readonly steps: readonly number[];
}

function cutOf(context: GradientContext): Cut {
  const { edit, node, dims, refuse } = context;
  const rank = dims(context.input(0)).length;
  const starts = context.input(1);
  const count = dims(starts)[0] ?? refuse('its starts are no list');
  const given = node.inputs[3] === undefined ? range(count) : constantInts(node.inputs[3]);
  const steps =
    node.inputs[4] === undefined ? range(count).map(() => 1) : constantInts(node.inputs[4]);
  if (given === undefined) return refuse('axes that are computed at run time');
  if (steps === undefined) return refuse('steps that are computed at run time');
  const axes = given.map((axis) => (axis + rank) % rank);
  const known = constantInts(starts);
  // Starts may be int32; sizes are int64.
  const wide =
    known === undefined
      ? edit.op('Cast', [starts], { to: { kind: 'int', value: 7 } })
      : int64s(
          edit,
          known.map((start) => Math.max(-(2 ** 40), Math.min(2 ** 40, start))),
        );
  return { rank, axes, known, starts: wide, steps };
}

/** Where the first element of dy (the last one, for a negative step) lies in x: int64 [rank]. */
function beginOf(edit: ModelEdit, cut: Cut, x: Value, dy: Value): Value {
  const { axes, known, rank, steps } = cut;
  if (known?.every((start) => start >= 0) === true && steps.every((step) => step > 0))
    return int64s(
      edit,
      range(rank).map((axis) => known[axes.indexOf(axis)] ?? 0),
    );
  const axesValue = int64s(edit, axes);
  const sizes = edit.op('Gather', [shapeOf(edit, x), axesValue]);
  const none = int64s(
    edit,
    axes.map(() => 0),
  );
  const backwards = steps.map((step) => (step < 0 ? 1 : 0));
  // A start beyond the end is clamped: to the size going forwards, to the last element going backwards.
  const last = sub(edit, sizes, int64s(edit, backwards));
  let first = fromTheStart(edit, cut.starts, sizes);
  first = edit.op('Min', [edit.op('Max', [first, none]), last]);
  if (backwards.includes(1)) {
    const taken = edit.op('Gather', [shapeOf(edit, dy), axesValue]);
    const travelled = mul(
      edit,
      sub(
        edit,
        taken,
        int64s(
          edit,
          axes.map(() => 1),
        ),
      ),
      int64s(
        edit,
        steps.map((step) => Math.min(0, step)),
      ),
    );
    first = add(edit, first, travelled);
  }
  if (axes.length === rank && axes.every((axis, i) => axis === i)) return first;
  const origin = int64s(
    edit,
    range(rank).map(() => 0),
  );
  return edit.op('ScatterElements', [origin, axesValue, first]);
}

/** dy with every axis in ascending order. */
function turned(edit: ModelEdit, dy: Value, { axes, steps }: Cut): Value {
  const reversed = axes.filter((_, i) => at(steps, i) < 0);
  if (reversed.length === 0) return dy;
  const all = reversed.map(() => -1);
  return slice(
    edit,
    dy,
    all,
    reversed.map(() => -(2 ** 40)),
    reversed,
    all,
  );
}

/** |step| - 1 zeros behind every element: [n] → [n, 1] → [n, |step|] → [n · |step|]. */
function spread(edit: ModelEdit, dy: Value, { axes, rank, steps }: Cut): Value {
  const factors = range(rank).map((axis) => Math.abs(steps[axes.indexOf(axis)] ?? 1));
  const stepped = range(rank).filter((axis) => at(factors, axis) > 1);
  if (stepped.length === 0) return dy;
  // Each new axis moves those behind it by one.
  const inserted = stepped.map((axis, i) => axis + i + 1);
  const apart = edit.op('Unsqueeze', [dy, int64s(edit, inserted)]);
  const zerosBehind = stepped.map((axis) => at(factors, axis) - 1);
  const pads = int64s(edit, [...stepped.map(() => 0), ...zerosBehind]);
  const padded = edit.op('Pad', [apart, pads, undefined, int64s(edit, inserted)]);
  return edit.op('Reshape', [padded, mul(edit, shapeOf(edit, dy), int64s(edit, factors))]);
}
