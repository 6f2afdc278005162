import { attributeInt, attributeInts, attributeString, type Node } from '../../../graph/index.ts';
import {
  block,
  isBlocked,
  makeDim,
  makeProduct,
  makeSum,
  reasonOf,
  single,
  type Dim,
} from '../dim.ts';
import type { SizeExpression } from '../size-expression.ts';
import { axisOf, describe, made, Stop, type Tracer } from '../tracer.ts';
import { claimTarget } from './elementwise.ts';
import type { Rule } from './rule.ts';

export const transpose: Rule = (tracer, node) => {
  const dims = tracer.input(node, 0);
  const perm = attributeInts(node, 'perm') ?? dims.map((_, i) => dims.length - 1 - i);
  tracer.set(
    node.outputs[0],
    perm.map((axis) => dims[axis] ?? single),
  );
};

/** Reshape, Flatten, Squeeze, Unsqueeze: elements keep their row-major order. */
export const reshape: Rule = (tracer, node) => {
  const before = tracer.input(node, 0);
  const [output] = node.outputs;
  const after = regrouped(
    tracer,
    before,
    tracer.shape(output),
    `${describe(node)} mixes its channels with another axis`,
  );
  if (node.opType === 'Reshape') {
    const target = node.inputs[1];
    const entries = target === undefined ? undefined : tracer.integers.of(target)?.items;
    if (entries === undefined) {
      if (target !== undefined || [...before, ...after].some((dim) => !isBlocked(dim)))
        for (const dim of [...before, ...after]) block(dim, `${describe(node)} computes its shape`);
    } else claimTarget(tracer, node, 1, copiesSpelledOut(node, entries, before), after);
  }
  tracer.set(output, after);
};

/** 0 copies the length of the axis at its place, unless `allowzero` says that it means none. */
const copiesSpelledOut = (
  node: Node,
  entries: readonly SizeExpression[],
  before: readonly Dim[],
): readonly SizeExpression[] =>
  attributeInt(node, 'allowzero', 0) === 1
    ? entries
    : entries.map((entry, axis): SizeExpression => {
        const dim = before[axis];
        return entry.kind === 'number' && entry.value === 0 && dim !== undefined
          ? { kind: 'size', dim }
          : entry;
      });

/**
 * The axes after a change of shape. From the left the shortest runs of axes with equal products are matched, so that the batch and the
 * channels of most models stay apart; inside a run the digits of the positions are matched from the right.
 */
export function regrouped(
  tracer: Tracer,
  before: readonly Dim[],
  shape: readonly number[],
  reason: string,
): readonly Dim[] {
  const after: Dim[] = [];
  let i = 0;
  let j = 0;
  while (i < before.length || j < shape.length) {
    const run: Dim[] = [];
    const sizes: number[] = [];
    let left = 1;
    let right = 1;
    do {
      if ((left <= right && i < before.length) || j >= shape.length) {
        const dim = before[i++];
        if (dim === undefined) throw new Stop(reason);
        run.push(dim);
        left *= dim.size;
      } else {
        const size = shape[j++] as number;
        sizes.push(size);
        right *= size;
      }
    } while (left !== right);
    after.push(...matchRun(tracer, run, sizes, reason));
  }
  return after;
}

function matchRun(
  tracer: Tracer,
  run: readonly Dim[],
  sizes: readonly number[],
  reason: string,
): Dim[] {
  const real = run.filter((dim) => dim.size !== 1);
  const [only] = real;
  const long = sizes.filter((size) => size !== 1);
  if (real.length === 1 && only !== undefined && long.length === 1)
    return sizes.map((size) => (size === 1 ? single : only));
  if (real.every(isBlocked))
    return sizes.map((size) => makeDim(size, only === undefined ? reason : reasonOf(only)));
  if (long.length === 1) return sizes.map((size) => (size === 1 ? single : makeProduct(real)));
  const dims = sizes.map((size) => makeDim(size));
  tracer.match(real, dims, reason);
  return dims;
}

export const concat: Rule = (tracer, node) => {
  const [output] = node.outputs;
  const rank = tracer.shape(output).length;
  const axis = axisOf(attributeInt(node, 'axis', 1), rank);
  const inputs = node.inputs.flatMap((value, i) =>
    value === undefined ? [] : [tracer.input(node, i)],
  );
  const [first] = inputs;
  if (first === undefined) throw new Stop(`${describe(node)} has no inputs`);
  // A cache that is empty at first has the other axes all the same.
  for (const dims of inputs) {
    if (dims.length !== rank) throw new Stop(`${describe(node)} joins other ranks`);
    for (const [i, dim] of dims.entries()) if (i !== axis) tracer.unify(dim, first[i] as Dim);
  }
  const joined = makeSum(inputs.map((dims) => dims[axis] as Dim));
  tracer.set(
    output,
    first.map((dim, i) => (i === axis ? joined : dim)),
  );
};

export const split: Rule = (tracer, node) => {
  const dims = tracer.input(node, 0);
  const axis = axisOf(attributeInt(node, 'axis', 0), dims.length);
  const along = dims[axis];
  if (along === undefined) throw new Stop(`${describe(node)} has no such axis`);
  const given = tracer.numbers(node, 'split', 1);
  if (given === 'computed' && !isBlocked(along))
    throw new Stop(`${describe(node)} computes its ranges`);
  const sizes = Array.isArray(given)
    ? given
    : node.outputs.map((output) => tracer.shape(output)[axis] ?? 0);
  const ranges: Dim[] = [];
  let start = 0;
  for (const [i, output] of node.outputs.entries()) {
    const size = sizes[i] as number;
    const [, range] = tracer.cut(along, start, start + size);
    start += size;
    const own = range ?? makeDim(0, 'it is empty');
    ranges.push(own);
    tracer.set(
      output,
      dims.map((dim, a) => (a === axis ? own : dim)),
    );
  }
  tracer.fixes.push({ kind: 'split', node, ranges });
};

export const slice: Rule = (tracer, node) => {
  const dims = tracer.input(node, 0);
  const [output] = node.outputs;
  const shape = tracer.shape(output);
  const starts = tracer.numbers(node, 'starts', 1);
  const ends = tracer.numbers(node, 'ends', 2);
  const axes =
    tracer.numbers(node, 'axes', 3) ?? (Array.isArray(starts) ? starts.map((_, i) => i) : []);
  const steps = tracer.numbers(node, 'steps', 4);
  const after = [...dims];
  if (axes === 'computed') throw new Stop(`${describe(node)} computes its axes`);
  for (const [entry, given] of axes.entries()) {
    const axis = axisOf(given, dims.length);
    const dim = dims[axis] as Dim;
    const size = shape[axis] as number;
    if (isBlocked(dim) || !Array.isArray(starts) || !Array.isArray(ends) || steps === 'computed') {
      block(dim, `${describe(node)} computes its range`);
      after[axis] = made(size, node);
      continue;
    }
    const step = steps?.[entry] ?? 1;
    const bounds = [starts[entry] as number, ends[entry] as number] as const;
    after[axis] =
      step === 1
        ? sliceRange(tracer, node, [entry, axes.length], dim, bounds)
        : sliceSteps(tracer, node, dim, bounds, step);
  }
  tracer.set(output, after);
};

const clamp = (at: number, size: number): number =>
  Math.min(Math.max(at < 0 ? at + size : at, 0), size);

function sliceRange(
  tracer: Tracer,
  node: Node,
  [entry, entries]: readonly [number, number],
  dim: Dim,
  [start, end]: readonly [number, number],
): Dim {
  const [from, to] = [clamp(start, dim.size), clamp(end, dim.size)];
  const [before, range] = tracer.cut(dim, from, to);
  if (range === undefined) {
    block(dim, `${describe(node)} takes nothing of it`);
    return makeDim(0, 'it is empty');
  }
  tracer.fixes.push({
    kind: 'slice',
    node,
    entry,
    entries,
    before: before === undefined ? [] : [before],
    range,
  });
  return range;
}

/** Every k-th channel: the axis is a product whose inner digit, always the same, must stay. */
function sliceSteps(
  tracer: Tracer,
  node: Node,
  dim: Dim,
  [start, end]: readonly [number, number],
  step: number,
): Dim {
  const from = clamp(start, dim.size);
  const whole =
    step > 1 && from < step && clamp(end, dim.size) === dim.size && dim.size % step === 0;
  if (!whole) {
    block(dim, `${describe(node)} takes channels in steps`);
    throw new Stop(`${describe(node)} takes channels in steps`);
  }
  const [outer, inner] = tracer.factor(dim, step);
  block(inner, `${describe(node)} takes every ${step}th channel`);
  return outer;
}

/** Constant places that are one range; one place; or an arbitrary look-up, whose axis stays whole. */
export const gather: Rule = (tracer, node) => {
  const data = tracer.input(node, 0);
  const axis = axisOf(attributeInt(node, 'axis', 0), data.length);
  const along = data[axis];
  const indices = node.inputs[1];
  if (along === undefined || indices === undefined) throw new Stop(`${describe(node)} has no axis`);
  const picked = isBlocked(along) ? undefined : tracer.numbers(node, '', 1);
  const rank = tracer.shape(indices).length;
  let middle: readonly Dim[] = tracer.input(node, 1);
  const [first] = Array.isArray(picked) ? picked : [];
  if (Array.isArray(picked) && picked.length === 1 && first !== undefined) {
    const at = first < 0 ? first + along.size : first;
    const [before, one] = tracer.cut(along, at, at + 1);
    tracer.fixes.push({ kind: 'index', node, before: before === undefined ? [] : [before] });
    if (one !== undefined) block(one, `${describe(node)} picks it`);
    middle = Array.from({ length: rank }, () => single);
  } else block(along, `${describe(node)} looks up its rows`);
  tracer.set(node.outputs[0], [...data.slice(0, axis), ...middle, ...data.slice(axis + 1)]);
};

/** Channels that are added are there whatever is removed. */
export const pad: Rule = (tracer, node) => {
  const dims = tracer.input(node, 0);
  const pads = tracer.numbers(node, 'pads', 1);
  if (!Array.isArray(pads)) throw new Stop(`${describe(node)} computes how much it pads`);
  const axes = tracer.has(node, 3) ? tracer.numbers(node, 'axes', 3) : undefined;
  if (axes === 'computed') throw new Stop(`${describe(node)} computes its axes`);
  const after = [...dims];
  const count = pads.length / 2;
  const constant = attributeString(node, 'mode', 'constant') === 'constant';
  for (let i = 0; i < count; i++) {
    const axis = axisOf(axes?.[i] ?? i, dims.length);
    const dim = dims[axis] as Dim;
    const [before = 0, behind = 0] = [pads[i], pads[i + count]];
    if (before === 0 && behind === 0) continue;
    if (!constant || before < 0 || behind < 0)
      block(dim, `${describe(node)} pads its channels with others`);
    after[axis] = isBlocked(dim)
      ? made(dim.size + before + behind, node)
      : makeSum([added(before, node), dim, added(behind, node)]);
  }
  tracer.set(node.outputs[0], after);
};

const added = (size: number, node: Node): Dim =>
  makeDim(size, `${describe(node)} adds these channels`);

/** Axes that keep their length pass, provided nothing crops. */
export const resize: Rule = (tracer, node) => {
  const dims = tracer.input(node, 0);
  const [output] = node.outputs;
  const shape = tracer.shape(output);
  if (attributeString(node, 'coordinate_transformation_mode', '') === 'tf_crop_and_resize')
    throw new Stop(`${describe(node)} crops`);
  const after = dims.map((dim, axis) =>
    dim.size === shape[axis] ? dim : made(shape[axis] as number, node),
  );
  for (const [axis, dim] of dims.entries())
    if (dim.size !== shape[axis]) block(dim, `${describe(node)} resizes it`);
  const sizes = node.inputs[3];
  if (sizes !== undefined) {
    const entries = tracer.integers.of(sizes)?.items;
    const axes = attributeInts(node, 'axes') ?? dims.map((_, axis) => axis);
    const named = axes.map((axis) => after[axisOf(axis, dims.length)] as Dim);
    if (entries === undefined)
      for (const dim of named) block(dim, `${describe(node)} computes its size`);
    else claimTarget(tracer, node, 3, [...entries], named);
  }
  tracer.set(output, after);
};

/** Repeats axis by axis: the copies are the outer digit. */
export const tile: Rule = (tracer, node) => {
  const dims = tracer.input(node, 0);
  const [output] = node.outputs;
  const shape = tracer.shape(output);
  const after = dims.map((dim, axis) => {
    const times = (shape[axis] as number) / dim.size;
    if (times === 1) return dim;
    return isBlocked(dim)
      ? made(shape[axis] as number, node)
      : makeProduct([makeDim(times, `${describe(node)} repeats it`), dim]);
  });
  // How often comes from the second input, which must not depend on the channels.
  const repeats = node.inputs[1];
  if (repeats !== undefined)
    for (const expression of tracer.integers.sizesRead(repeats))
      tracer.claims.push({
        expression,
        dim: single,
        reason: `${describe(node)} reads their number`,
      });
  tracer.set(output, after);
};

/** Channels = block² × C (DCR) or C × block² (CRD). */
export const depthToSpace: Rule = (tracer, node) => {
  const [batch, channels] = tracer.input(node, 0);
  if (batch === undefined || channels === undefined)
    throw new Stop(`${describe(node)} has no channels`);
  const blocks = attributeInt(node, 'blocksize', 1) ** 2;
  const isCrd = attributeString(node, 'mode', 'DCR') === 'CRD';
  const [outer, inner] = tracer.factor(channels, isCrd ? blocks : channels.size / blocks);
  block(isCrd ? inner : outer, `${describe(node)} makes places of it`);
  anew(tracer, node, batch, isCrd ? outer : inner);
};

export const spaceToDepth: Rule = (tracer, node) => {
  const [batch, channels] = tracer.input(node, 0);
  if (batch === undefined || channels === undefined)
    throw new Stop(`${describe(node)} has no channels`);
  const blocks = attributeInt(node, 'blocksize', 1) ** 2;
  const places = makeDim(blocks, `${describe(node)} makes channels of places`);
  anew(tracer, node, batch, makeProduct([places, channels]));
};

function anew(tracer: Tracer, node: Node, batch: Dim, channels: Dim): void {
  const [output] = node.outputs;
  const places = tracer.shape(output).slice(2);
  tracer.set(output, [batch, channels, ...places.map((size) => made(size, node))]);
}
