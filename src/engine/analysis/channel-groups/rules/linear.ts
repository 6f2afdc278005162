import { attributeInt, attributeString, type Node } from '../../../graph/index.ts';
import { block, makeProduct, single, type Dim } from '../dim.ts';
import { describe, made, Stop, type Tracer } from '../tracer.ts';
import type { Rule } from './rule.ts';

/**
 * X [N, C, …], W [O, C/G, k…], B [O]. Both C and O are G groups times the channels of one; W's own axes are O and the channels of one
 * group on the input side.
 */
export const conv: Rule = (tracer, node) => {
  const [batch, channels] = tracer.input(node, 0);
  const [out, within, ...kernel] = tracer.input(node, 1);
  if (batch === undefined || channels === undefined || out === undefined || within === undefined)
    throw new Stop(`${describe(node)} has no channels`);
  keepPlaces(tracer, node, kernel);
  const groups = attributeInt(node, 'group', 1);
  if (groups === 1) tracer.unify(channels, within);
  else group(tracer, node, [channels, within.size], [out, out.size / groups], within);
  bias(tracer, node, 2, out);
  spatial(tracer, node, batch, out);
};

/** X [N, C, …], W [C, O/G, k…], B [O]. */
export const convTranspose: Rule = (tracer, node) => {
  const [batch, channels] = tracer.input(node, 0);
  const [input, within, ...kernel] = tracer.input(node, 1);
  if (batch === undefined || channels === undefined || input === undefined || within === undefined)
    throw new Stop(`${describe(node)} has no channels`);
  keepPlaces(tracer, node, kernel);
  tracer.unify(channels, input);
  const groups = attributeInt(node, 'group', 1);
  let out = within;
  if (groups > 1) {
    const [outer] = tracer.factor(channels, channels.size / groups);
    out = makeProduct([outer, within]);
    tracer.fixes.push({ kind: 'attribute', node, name: 'group', dim: outer });
  }
  bias(tracer, node, 2, out);
  spatial(tracer, node, batch, out);
};

/** Places are combined with their neighbours; so are those of the kernel. */
function keepPlaces(tracer: Tracer, node: Node, kernel: readonly Dim[]): void {
  for (const dim of tracer.input(node, 0).slice(2)) block(dim, `${describe(node)} runs along it`);
  for (const dim of kernel) block(dim, 'it is an axis of the kernel');
}

function group(
  tracer: Tracer,
  node: Node,
  [channels, perInput]: readonly [Dim, number],
  [out, perOutput]: readonly [Dim, number],
  within: Dim,
): void {
  const [groups, inner] = tracer.factor(channels, perInput);
  const [outGroups] = tracer.factor(out, perOutput);
  tracer.unify(inner, within);
  tracer.unify(groups, outGroups);
  tracer.fixes.push({ kind: 'attribute', node, name: 'group', dim: groups });
}

function bias(tracer: Tracer, node: Node, index: number, out: Dim): void {
  if (!tracer.has(node, index)) return;
  const [dim] = tracer.input(node, index);
  if (dim !== undefined) tracer.unify(dim, out);
}

function spatial(tracer: Tracer, node: Node, batch: Dim, out: Dim): void {
  const [output] = node.outputs;
  const places = tracer.shape(output).slice(2);
  tracer.set(output, [batch, out, ...places.map((size) => made(size, node))]);
}

/** A [M, K] (transA: [K, M]), B [K, N] (transB: [N, K]), C broadcast to [M, N]. */
export const gemm: Rule = (tracer, node) => {
  const [rows, innerA] = turned(tracer.input(node, 0), attributeInt(node, 'transA', 0));
  const [innerB, columns] = turned(tracer.input(node, 1), attributeInt(node, 'transB', 0));
  tracer.unify(innerA, innerB);
  if (tracer.has(node, 2)) {
    const added = tracer.input(node, 2);
    for (const [i, dim] of added.toReversed().entries()) {
      const target = i === 0 ? columns : rows;
      if (dim.size !== 1 && dim.size === target.size) tracer.unify(dim, target);
    }
  }
  tracer.set(node.outputs[0], [rows, columns]);
};

function turned(dims: readonly Dim[], transposed: number): [Dim, Dim] {
  const [a, b] = dims;
  if (a === undefined || b === undefined || dims.length !== 2) throw new Stop('it is no matrix');
  return transposed === 0 ? [a, b] : [b, a];
}

/** A […, M, K], B […, K, N]; the axes before are broadcast. */
export const matMul: Rule = (tracer, node) => {
  const a = tracer.input(node, 0);
  const b = tracer.input(node, 1);
  const [rows, inner] = a.slice(-2);
  const [innerB, columns] = b.slice(-2);
  if (rows === undefined || inner === undefined || innerB === undefined || columns === undefined)
    throw new Stop(`${describe(node)} multiplies by a vector`);
  tracer.unify(inner, innerB);
  const batch = Math.max(a.length, b.length) - 2;
  tracer.set(node.outputs[0], [...alignedBatch(tracer, [a, b], batch), rows, columns]);
};

function alignedBatch(tracer: Tracer, operands: readonly (readonly Dim[])[], rank: number): Dim[] {
  const found: Dim[] = Array.from({ length: rank }, () => single);
  for (const dims of operands) {
    const own = dims.slice(0, -2);
    for (const [i, dim] of own.entries()) {
      const at = i + rank - own.length;
      const before = found[at] as Dim;
      if (dim.size === 1) continue;
      if (before.size === 1) found[at] = dim;
      else tracer.unify(before, dim);
    }
  }
  return found;
}

/** Letters are axes: equal letters are equal axes. No ellipsis, no diagonals. */
export const einsum: Rule = (tracer, node) => {
  const equation = attributeString(node, 'equation', '').replaceAll(' ', '');
  const [left = '', right] = equation.split('->');
  if (right === undefined || equation.includes('.'))
    throw new Stop(`${describe(node)} is ${equation}`);
  const axes = new Map<string, Dim>();
  for (const [index, letters] of left.split(',').entries()) {
    if (new Set(letters).size !== letters.length)
      throw new Stop(`${describe(node)} takes a diagonal`);
    const dims = tracer.input(node, index);
    for (const [axis, letter] of Array.from(letters).entries()) {
      const dim = dims[axis] as Dim;
      const before = axes.get(letter);
      if (before === undefined || before.size === 1) axes.set(letter, dim);
      else if (dim.size !== 1) tracer.unify(before, dim);
    }
  }
  tracer.set(
    node.outputs[0],
    Array.from(right, (letter) => axes.get(letter) ?? single),
  );
};

/**
 * X [S, B, I]; W [D, g·H, I], R [D, g·H, H], B [D, 2g·H], states [D, B, H], P [D, p·H]; Y [S, D, B, H]. g is 4 for LSTM, 3 for GRU, 1
 * for RNN.
 */
export const recurrent: Rule = (tracer, node) => {
  if (attributeInt(node, 'layout', 0) !== 0)
    throw new Stop(`${describe(node)} has its batch first`);
  const [steps, batch, features] = tracer.input(node, 0);
  const [directions, gates, inputs] = tracer.input(node, 1);
  const [, recurrentGates, hidden] = tracer.input(node, 2);
  if (
    steps === undefined ||
    batch === undefined ||
    features === undefined ||
    directions === undefined ||
    gates === undefined ||
    inputs === undefined ||
    recurrentGates === undefined ||
    hidden === undefined
  )
    throw new Stop(`${describe(node)} has an unknown form`);
  block(directions, `${describe(node)} runs in each direction`);
  tracer.unify(features, inputs);
  const perGate = (dim: Dim | undefined): void => {
    if (dim === undefined || dim.size === 1) return;
    const [outer, inner] = tracer.factor(dim, hidden.size);
    block(outer, 'it is a gate');
    tracer.unify(inner, hidden);
  };
  perGate(gates);
  perGate(recurrentGates);
  for (const index of [3, 7]) if (tracer.has(node, index)) perGate(tracer.input(node, index)[1]);
  for (const index of [5, 6])
    if (tracer.has(node, index)) {
      const state = tracer.input(node, index)[2];
      if (state !== undefined) tracer.unify(state, hidden);
    }
  tracer.fixes.push({ kind: 'attribute', node, name: 'hidden_size', dim: hidden });
  tracer.set(node.outputs[0], [steps, directions, batch, hidden]);
  for (const output of node.outputs.slice(1)) tracer.set(output, [directions, batch, hidden]);
};
