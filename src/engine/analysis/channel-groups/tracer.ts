import { attributeInts, isOp, type Model, type Node, type Value } from '../../graph/index.ts';
import type { ShapeMap } from '../../runtime/index.ts';
import { dtypeTable, elementCount, type Tensor } from '../../tensor/index.ts';
import { constantOf } from '../parameters.ts';
import { block, isBlocked, makeDim, single, type Dim } from './dim.ts';
import type { LengthFix } from './fixes.ts';
import { Integers } from './integers.ts';
import type { SizeExpression } from './size-expression.ts';
import { factor, matchProducts, Mixed, splitAt, unify } from './unify.ts';

/** An operator does not let its channels pass one by one; what it touches is kept whole. */
export class Stop extends Error {
  constructor(readonly reason: string) {
    super(reason);
  }
}

/** A stored tensor with the axes its readers give it. */
export interface StoredTensor {
  readonly value: Value;
  readonly tensor: Tensor;
  readonly dims: readonly Dim[];
  /** Set where these axes hold for one reader only: the others may cut their own copy otherwise. */
  readonly use: { readonly node: Node; readonly index: number } | undefined;
}

/** A number computed in the graph must remain the length of an axis. */
export interface SizeClaim {
  readonly expression: SizeExpression;
  readonly dim: Dim;
  readonly reason: string;
}

/** What rules (rules/) work on: the axes of every value so far, and where stored tensors and lengths depend on them. */
export class Tracer {
  readonly model: Model;
  readonly dims = new Map<Value, readonly Dim[]>();
  readonly stored: StoredTensor[] = [];
  readonly fixes: LengthFix[] = [];
  readonly claims: SizeClaim[] = [];
  readonly integers: Integers;
  readonly #shapes: ShapeMap;
  readonly #own = new Map<Node, Map<number, readonly Dim[]>>();
  readonly #inputs: ReadonlySet<Value>;

  constructor(model: Model, shapes: ShapeMap) {
    this.model = model;
    this.#shapes = shapes;
    this.integers = new Integers(this);
    // Before IR version 4 every initializer had to be listed as an input too.
    this.#inputs = new Set(
      model.graph.inputs.filter((input) => model.irVersion >= 4 || input.constant === undefined),
    );
  }

  /** Measured, or that of a constant. */
  shape(value: Value | undefined): readonly number[] {
    const dims = this.shapeIfKnown(value);
    if (dims === undefined)
      throw new Stop(`the shape of ${value?.name ?? 'an input'} is not known`);
    return dims;
  }

  shapeIfKnown(value: Value | undefined): readonly number[] | undefined {
    if (value === undefined) return undefined;
    return this.#shapes.get(value) ?? constantOf(value)?.dims ?? value.sparse?.dims;
  }

  /** The axes of input `index`, which must be there. */
  input(node: Node, index: number): readonly Dim[] {
    const value = node.inputs[index];
    if (value === undefined) throw new Stop(`${describe(node)} lacks an input`);
    const tensor = constantOf(value);
    if (tensor === undefined || this.#inputs.has(value) || !isCopiedPerReader(value, tensor))
      return this.of(value);
    const perNode = this.#own.get(node) ?? new Map<number, readonly Dim[]>();
    this.#own.set(node, perNode);
    const known = perNode.get(index);
    if (known !== undefined) return known;
    const dims = this.#store(value, tensor, { node, index });
    perNode.set(index, dims);
    return dims;
  }

  has(node: Node, index: number): boolean {
    return node.inputs[index] !== undefined;
  }

  /** The axes of input `index` where they are known. */
  inputIfKnown(node: Node, index: number): readonly Dim[] {
    const value = node.inputs[index];
    const known = value !== undefined && (this.dims.has(value) || this.shapeIfKnown(value));
    return known ? this.input(node, index) : [];
  }

  of(value: Value): readonly Dim[] {
    const known = this.dims.get(value);
    if (known !== undefined) return known;
    // A value of unknown rank must not pass for a scalar.
    this.shape(value);
    const tensor = constantOf(value);
    const dims =
      tensor !== undefined && !this.#inputs.has(value)
        ? this.#store(value, tensor, undefined)
        : this.fresh(
            value,
            this.#inputs.has(value) ? 'it is an input of the model' : 'it is not followed',
          );
    this.dims.set(value, dims);
    return dims;
  }

  #store(value: Value, tensor: Tensor, use: StoredTensor['use']): readonly Dim[] {
    const { bits } = dtypeTable[tensor.dtype];
    const packed = bits === 0 || bits % 8 !== 0;
    const reason = packed ? `it is stored as packed ${tensor.dtype}` : undefined;
    const dims = tensor.dims.map((size) => makeDim(size, reason));
    if (elementCount(tensor.dims) > 1) this.stored.push({ value, tensor, dims, use });
    return dims;
  }

  set(value: Value | undefined, dims: readonly Dim[]): void {
    if (value === undefined) return;
    const shape = this.shapeIfKnown(value);
    if (
      shape !== undefined &&
      (shape.length !== dims.length || shape.some((size, i) => size !== dims[i]?.size))
    )
      throw new Stop(`the shape of ${value.name} is not what its operator makes`);
    this.dims.set(value, dims);
  }

  /** Axes that nothing follows. */
  fresh(value: Value, reason: string): readonly Dim[] {
    return (this.shapeIfKnown(value) ?? []).map((size) => makeDim(size, reason));
  }

  /** Position by position the same; blocked both where they have no common structure. */
  unify(a: Dim, b: Dim): void {
    this.#orBlock([a, b], () => unify(a, b));
  }

  /** `a` and `b` count the same positions, outermost first. */
  match(a: readonly Dim[], b: readonly Dim[], reason: string): void {
    if ([...a, ...b].every((dim) => isBlocked(dim))) return;
    this.#orBlock([...a, ...b], () => matchProducts(a, b), reason);
  }

  factor(dim: Dim, inner: number): [Dim, Dim] {
    return orStop(() => factor(dim, inner));
  }

  /** The ranges [0, start), [start, end), [end, size); empty ones are undefined. */
  cut(dim: Dim, start: number, end: number): [Dim | undefined, Dim | undefined, Dim | undefined] {
    return orStop(() => {
      if (start >= end) return [undefined, undefined, dim];
      const [before, rest] = start > 0 ? splitAt(dim, start) : [undefined, dim];
      const [range, after] = end < dim.size ? splitAt(rest, end - start) : [rest, undefined];
      return [before, range, after];
    });
  }

  #orBlock(dims: readonly Dim[], work: () => void, reason?: string): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof Mixed)) throw error;
      for (const dim of dims)
        block(dim, reason ?? 'its channels meet others in an arrangement that has no common parts');
    }
  }

  /** The whole numbers an attribute of older opsets or an input of newer ones gives; 'computed': they depend on something unknown. */
  numbers(node: Node, attribute: string, index: number): number[] | 'computed' | undefined {
    const written = attributeInts(node, attribute);
    if (written !== undefined) return written;
    const value = node.inputs[index];
    if (value === undefined) return undefined;
    const found = this.integers.of(value)?.items;
    if (found === undefined) return 'computed';
    const numbers = found.map((item) => (item.kind === 'number' ? item.value : Number.NaN));
    return numbers.some(Number.isNaN) ? 'computed' : numbers;
  }
}

function orStop<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof Mixed) throw new Stop('its channels are cut across their arrangement');
    throw error;
  }
}

/** A vector that several operators read (equal biases are stored once by exporters) need not couple them: each may have its own. */
const isCopiedPerReader = (value: Value, tensor: Tensor): boolean =>
  value.uses.length > 1 && tensor.dims.filter((size) => size !== 1).length <= 1;

/** A node as reasons name it. */
export function describe(node: Node): string {
  const label = node.name || node.outputs.find((output) => output !== undefined)?.name || '';
  return label === '' ? node.opType : `${node.opType} ${label}`;
}

export const axisOf = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

/** An axis that an operator makes anew, of no channels that could be told apart. */
export const made = (size: number, node: Node): Dim =>
  size === 1 ? single : makeDim(size, `${node.opType} makes it anew`);

export const isConstantNode = (node: Node): boolean => isOp(node, 'Constant');
