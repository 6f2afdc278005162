import type { ShapeMap } from '../../analysis/index.ts';
import {
  attributeInt,
  edit,
  intAttribute,
  type Model,
  type ModelEdit,
  type Node,
  type Value,
} from '../../graph/index.ts';
import { int64Tensor, type Tensor } from '../../tensor/index.ts';
import { blankTensor } from '../shared/blank-tensor.ts';
import { constantOf } from '../shared/constant-of.ts';
import { integers } from '../shared/integers-of.ts';
import { sliceTensor } from '../shared/slice-tensor.ts';
import { countKept, type AxisSlice } from './count-kept.ts';
import type { ChannelGroup, LengthEntry } from './group.ts';
import { keptPlaces, type Layout } from './layout.ts';

/** A group and the channels of it that stay (ascending). */
export interface GroupCut {
  readonly group: ChannelGroup;
  readonly keep: Uint32Array;
}

export interface Rewritten {
  readonly model: Model;
  /** Shapes of the new model's values, from those of the old. */
  readonly shapes: ShapeMap | undefined;
}

/**
 * Cuts all groups at once: a weight between two groups loses output channels to one and input channels to the other. `real` slices the
 * numbers; otherwise blank tensors of the same dims take their place. A constant that other operators read too is left to them
 * and cut as a copy. Types noted in the file for values whose channel axis shrinks are dropped, for they would be wrong.
 */
export function rewrite(
  model: Model,
  cuts: readonly GroupCut[],
  shapes: ShapeMap | undefined,
  real: boolean,
): Rewritten {
  let after: ShapeMap | undefined;
  const next = edit(model, (e) => {
    for (const [node, slices] of slicesPerConstant(cuts))
      for (const [index, places] of slices)
        replaceConstant(e, node, index, (tensor) => sliceAll(tensor, places, real));
    for (const cut of cuts) {
      fixAttributes(e, cut);
      for (const value of cut.group.values.keys()) e.setType(value, undefined);
    }
    after = shapes === undefined ? undefined : movedShapes(e, cuts, shapes);
    e.removeDead();
  });
  return { model: next, shapes: after };
}

function slicesPerConstant(cuts: readonly GroupCut[]): Map<Node, Map<number, AxisSlice[]>> {
  const found = new Map<Node, Map<number, AxisSlice[]>>();
  for (const { group, keep } of cuts)
    for (const { node, index, layout } of group.cuts) {
      const perInput = found.get(node) ?? new Map<number, AxisSlice[]>();
      found.set(node, perInput);
      const slices = perInput.get(index) ?? [];
      perInput.set(index, slices);
      slices.push({ axis: layout.axis, places: keptPlaces(layout, group.channels, keep) });
    }
  return found;
}

/** Outer axes first, so that what is copied next is already smaller in long rows. */
function sliceAll(tensor: Tensor, slices: readonly AxisSlice[], real: boolean): Tensor {
  if (real)
    return slices
      .toSorted((a, b) => a.axis - b.axis)
      .reduce((current, { axis, places }) => sliceTensor(current, axis, places), tensor);
  const dims = tensor.dims.map(
    (dim, axis) => slices.find((slice) => slice.axis === axis)?.places.length ?? dim,
  );
  return blankTensor(tensor.dtype, dims, () => countKept(tensor, slices));
}

function replaceConstant(
  e: ModelEdit,
  node: Node,
  index: number,
  change: (tensor: Tensor) => Tensor,
): void {
  const value = e.node(node).inputs[index] as Value;
  const tensor = constantOf(value) as Tensor;
  const own =
    value.constant !== undefined &&
    value.uses.length === 1 &&
    !e.model.graph.outputs.includes(value);
  if (own) e.setConstant(value, change(tensor));
  else e.setInput(node, index, e.addConstant(`${value.name}_cut`, change(tensor)));
}

function fixAttributes(e: ModelEdit, { group, keep }: GroupCut): void {
  for (const node of group.depthwise) {
    const per = attributeInt(node, 'group', 1) / group.channels;
    e.setAttribute(node, 'group', intAttribute(per * keep.length));
  }
  for (const entry of group.lengths) writeLength(e, entry, keep.length);
}

function writeLength(
  e: ModelEdit,
  { node, index, entry, layout }: LengthEntry,
  kept: number,
): void {
  replaceConstant(e, node, index, (tensor) => {
    const numbers = integers(tensor);
    numbers[entry] = axisLength(layout, kept);
    return int64Tensor(tensor.dims, numbers);
  });
}

const axisLength = ({ outer, inner }: Layout, channels: number): number => outer * channels * inner;

function movedShapes(e: ModelEdit, cuts: readonly GroupCut[], shapes: ShapeMap): ShapeMap {
  const moved = new Map<Value, readonly number[]>();
  for (const [value, dims] of shapes) {
    const target = e.value(value);
    moved.set(target, target.constant?.dims ?? dims);
  }
  for (const { group, keep } of cuts)
    for (const [value, layout] of group.values) {
      const dims = shapes.get(value);
      if (dims === undefined) continue;
      moved.set(
        e.value(value),
        dims.map((dim, i) => (i === layout.axis ? axisLength(layout, keep.length) : dim)),
      );
    }
  for (const value of e.model.graph.constants)
    if (value.constant) moved.set(value, value.constant.dims);
  return moved;
}
