import { attributeInt, attributeInts, type Node, type Value } from '../../graph/index.ts';
import { elementCount } from '../../tensor/index.ts';
import { tensorElements } from '../elements.ts';
import { block } from './dim.ts';
import { constantOf } from '../parameters.ts';
import { numberExpression, sizesIn, type SizeExpression } from './size-expression.ts';
import type { Tracer } from './tracer.ts';

/** A small tensor of whole numbers whose elements are known as numbers or as sizes of axes. */
export interface IntegerTensor {
  readonly dims: readonly number[];
  readonly items: readonly SizeExpression[];
}

/**
 * The arithmetic on shapes that exporters leave in graphs, followed element by element. A value not found here is data; where data is computed
 * from a size the size must not change (`Integers.sizesRead`).
 */
export class Integers {
  readonly #tracer: Tracer;
  readonly #known = new Map<Value, IntegerTensor | undefined>();

  constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  of(value: Value): IntegerTensor | undefined {
    if (!this.#known.has(value)) this.#known.set(value, constantIntegers(value));
    return this.#known.get(value);
  }

  /** Follows `node` if it is arithmetic on shapes; false: it is an ordinary operator. */
  follow(node: Node): boolean {
    const [output] = node.outputs;
    if (output === undefined || node.domain !== '') return false;
    const found = this.#evaluate(node, output);
    if (found === undefined || found.items.length > maxElements) return false;
    this.#known.set(output, found);
    return true;
  }

  /** Sizes that the value is computed from. */
  sizesRead(value: Value): IntegerTensor['items'] {
    return (this.of(value)?.items ?? []).filter((item) => sizesIn(item).length > 0);
  }

  #evaluate(node: Node, output: Value): IntegerTensor | undefined {
    if (node.opType === 'Shape') return this.#shapeOf(node);
    const rule = rules[node.opType];
    if (rule === undefined) return undefined;
    const inputs: (IntegerTensor | undefined)[] = [];
    for (const input of node.inputs) {
      const known = input === undefined ? undefined : this.of(input);
      if (input !== undefined && known === undefined) return undefined;
      inputs.push(known);
    }
    return rule(node, inputs, this.#tracer.shapeIfKnown(output));
  }

  #shapeOf(node: Node): IntegerTensor | undefined {
    const [input] = node.inputs;
    if (input === undefined || this.#tracer.shapeIfKnown(input) === undefined) return undefined;
    const dims = this.#tracer.input(node, 0);
    const { length } = dims;
    const place = (at: number): number => Math.min(Math.max(at < 0 ? at + length : at, 0), length);
    const start = place(attributeInt(node, 'start', 0));
    const end = place(attributeInt(node, 'end', length));
    // A stored list of whole numbers is no place for channels.
    const fixed = this.of(input)?.items.every((item) => item.kind === 'number') === true;
    if (fixed) for (const dim of dims) block(dim, 'it is a list of lengths');
    const items = dims
      .slice(start, end)
      .map((dim): SizeExpression => (fixed ? numberExpression(dim.size) : { kind: 'size', dim }));
    return { dims: [items.length], items };
  }
}

const maxElements = 64;

function constantIntegers(value: Value): IntegerTensor | undefined {
  const tensor = constantOf(value);
  if (tensor === undefined || elementCount(tensor.dims) > maxElements) return undefined;
  if (!['int64', 'int32', 'bool'].includes(tensor.dtype)) return undefined;
  const items = Array.from(tensorElements(tensor) ?? [], numberExpression);
  return { dims: tensor.dims, items };
}

type IntegerRule = (
  node: Node,
  inputs: readonly (IntegerTensor | undefined)[],
  shape: readonly number[] | undefined,
) => IntegerTensor | undefined;

const numbers = (tensor: IntegerTensor | undefined): number[] | undefined => {
  const found = tensor?.items.map((item) => (item.kind === 'number' ? item.value : undefined));
  return found?.every((item) => item !== undefined) === true ? found : undefined;
};

/** The same elements in the measured shape. */
const same: IntegerRule = (_node, [input], shape) =>
  input === undefined || shape === undefined ? undefined : { dims: shape, items: input.items };

const binary =
  (kind: keyof typeof compute): IntegerRule =>
  (_node, [a, b], shape) => {
    if (a === undefined || b === undefined || shape === undefined) return undefined;
    return zip(a, b, shape, (left, right) => {
      if (left.kind !== 'number' || right.kind !== 'number') return { kind, left, right };
      const value = compute[kind](left.value, right.value);
      return Number.isInteger(value) ? numberExpression(value) : undefined;
    });
  };

const compute = {
  add: (a: number, b: number) => a + b,
  sub: (a: number, b: number) => a - b,
  mul: (a: number, b: number) => a * b,
  div: (a: number, b: number) => a / b,
} as const;

/** Element by element; operands of one element are repeated. */
function zip(
  a: IntegerTensor,
  b: IntegerTensor,
  shape: readonly number[],
  make: (left: SizeExpression, right: SizeExpression) => SizeExpression | undefined,
): IntegerTensor | undefined {
  const count = elementCount(shape);
  const at = ({ items }: IntegerTensor, i: number): SizeExpression | undefined =>
    items.length === 1 ? items[0] : items.length === count ? items[i] : undefined;
  const items: SizeExpression[] = [];
  for (let i = 0; i < count; i++) {
    const [left, right] = [at(a, i), at(b, i)];
    const item = left === undefined || right === undefined ? undefined : make(left, right);
    if (item === undefined) return undefined;
    items.push(item);
  }
  return { dims: shape, items };
}

/** A length is never negative; otherwise only numbers can be compared. */
const equal: IntegerRule = (_node, [a, b], shape) => {
  if (a === undefined || b === undefined || shape === undefined) return undefined;
  return zip(a, b, shape, (left, right) => {
    if (left.kind === 'number' && right.kind === 'number')
      return numberExpression(left.value === right.value ? 1 : 0);
    const negative = [left, right].some((side) => side.kind === 'number' && side.value < 0);
    const size = [left, right].some((side) => side.kind === 'size');
    return negative && size ? numberExpression(0) : undefined;
  });
};

const where: IntegerRule = (_node, [condition, yes, no], shape) => {
  const picks = numbers(condition);
  if (picks === undefined || yes === undefined || no === undefined || shape === undefined)
    return undefined;
  let i = 0;
  return zip(yes, no, shape, (left, right) => {
    const pick = picks.length === 1 ? picks[0] : picks[i];
    i++;
    return pick === 1 ? left : right;
  });
};

const gather: IntegerRule = (node, [data, indices], shape) => {
  const picked = numbers(indices);
  if (data === undefined || picked === undefined || shape === undefined) return undefined;
  if (data.dims.length !== 1 || attributeInt(node, 'axis', 0) > 0) return undefined;
  const items = picked.map((at) => data.items[at < 0 ? at + data.items.length : at]);
  return items.every((item) => item !== undefined) ? { dims: shape, items } : undefined;
};

const concat: IntegerRule = (_node, inputs, shape) => {
  if (shape === undefined || inputs.some((input) => input?.dims.length !== 1)) return undefined;
  return { dims: shape, items: inputs.flatMap((input) => input?.items ?? []) };
};

/** Along one axis of a vector or matrix, any step. */
const slice: IntegerRule = (node, [data, starts, ends, axes, steps], shape) => {
  if (data === undefined || shape === undefined || data.dims.length > 2) return undefined;
  const from = attributeInts(node, 'starts') ?? numbers(starts);
  const to = attributeInts(node, 'ends') ?? numbers(ends);
  if (from?.length !== 1 || to?.length !== 1) return undefined;
  const [axis = 0] = attributeInts(node, 'axes') ?? numbers(axes) ?? [0];
  const [step = 1] = numbers(steps) ?? [1];
  const along = axis < 0 ? axis + data.dims.length : axis;
  const length = data.dims[along] ?? 0;
  const places = slicePlaces(from[0] ?? 0, to[0] ?? 0, step, length);
  const inner = elementCount(data.dims.slice(along + 1));
  const outer = elementCount(data.dims.slice(0, along));
  const items: SizeExpression[] = [];
  for (let o = 0; o < outer; o++)
    for (const place of places)
      items.push(
        ...data.items.slice((o * length + place) * inner, (o * length + place + 1) * inner),
      );
  return items.length === elementCount(shape) ? { dims: shape, items } : undefined;
};

/** The positions a Slice picks (ONNX Slice: negative bounds count from the end, then both are clamped). */
function slicePlaces(start: number, end: number, step: number, length: number): number[] {
  const from = start < 0 ? start + length : start;
  const to = end < 0 ? end + length : end;
  const places: number[] = [];
  if (step > 0) for (let i = Math.max(from, 0); i < Math.min(to, length); i += step) places.push(i);
  else for (let i = Math.min(from, length - 1); i > Math.max(to, -1); i += step) places.push(i);
  return places;
}

const transpose: IntegerRule = (node, [data], shape) => {
  if (data === undefined || shape === undefined || data.dims.length > 2) return undefined;
  const [rows = 1, columns] = data.dims;
  const [first = 0] = attributeInts(node, 'perm') ?? [data.dims.length - 1];
  if (columns === undefined || first === 0) return { dims: shape, items: data.items };
  const items: SizeExpression[] = [];
  for (let c = 0; c < columns; c++)
    for (let r = 0; r < rows; r++) items.push(data.items[r * columns + c] as SizeExpression);
  return { dims: shape, items };
};

const constantOfShape: IntegerRule = (node, [lengths], shape) => {
  if (numbers(lengths) === undefined || shape === undefined) return undefined;
  const attribute = node.attributes.get('value');
  const filled = attribute?.kind === 'tensor' ? attribute.value : undefined;
  if (filled === undefined || !['int64', 'int32'].includes(filled.dtype)) return undefined;
  const count = elementCount(shape);
  if (count > maxElements) return undefined;
  const item = numberExpression(tensorElements(filled)?.[0] ?? 0);
  return { dims: shape, items: Array.from({ length: count }, () => item) };
};

const reduceProd: IntegerRule = (_node, [data, axes], shape) => {
  if (data === undefined || shape === undefined || elementCount(shape) !== 1) return undefined;
  if (axes !== undefined && data.dims.length > 1) return undefined;
  const item = data.items.reduce(
    (left, right): SizeExpression => ({ kind: 'mul', left, right }),
    numberExpression(1),
  );
  return { dims: shape, items: [item] };
};

const rules: Readonly<Record<string, IntegerRule>> = {
  Add: binary('add'),
  Cast: same,
  Concat: concat,
  ConstantOfShape: constantOfShape,
  Div: binary('div'),
  Equal: equal,
  Gather: gather,
  Identity: same,
  Mul: binary('mul'),
  ReduceProd: reduceProd,
  Reshape: same,
  Slice: slice,
  Squeeze: same,
  Sub: binary('sub'),
  Transpose: transpose,
  Unsqueeze: same,
  Where: where,
};
