import {
  intAttribute,
  intsAttribute,
  isOp,
  type ModelEdit,
  type Value,
} from '../../../graph/index.ts';
import { int64Tensor, makeTensor, type Tensor } from '../../../tensor/index.ts';
import { constantOf } from '../constant-of.ts';
import { integers } from '../integers-of.ts';

/**
 * Makes the vectors of numbers that take the place of those in the graph. Equal ones are made once: exporters share such constants among hundreds
 * of nodes, and a copy for each would outweigh what a small model loses.
 */
export class LengthWriter {
  readonly #e: ModelEdit;
  readonly #lengthOf: (value: Value) => number | undefined;
  readonly #constants = new Map<string, Value>();
  readonly #targets = new Map<Value, Map<string, Value>>();

  /** `lengthOf`: elements of a computed vector, where that is known. */
  constructor(e: ModelEdit, lengthOf: (value: Value) => number | undefined) {
    this.#e = e;
    this.#lengthOf = lengthOf;
  }

  /** `value`, a vector of `length` whole numbers, stored or computed, with some of them replaced. */
  changed(value: Value, length: number, changes: ReadonlyMap<number, number>): Value {
    const constant = constantOf(value);
    if (constant !== undefined) return this.replaced(constant, changes);
    const known = this.#targets.get(value) ?? new Map<string, Value>();
    this.#targets.set(value, known);
    const key = [...changes].flat().join();
    const made = known.get(key) ?? this.#join(value, length, changes);
    known.set(key, made);
    return made;
  }

  replaced(tensor: Tensor, changes: ReadonlyMap<number, number>): Value {
    const numbers = integers(tensor);
    for (const [place, number] of changes) numbers[place] = number;
    return this.#constant(tensor.dtype, tensor.dims, numbers);
  }

  vector(numbers: readonly number[]): Value {
    return this.#constant('int64', [numbers.length], numbers);
  }

  #constant(dtype: Tensor['dtype'], dims: readonly number[], numbers: readonly number[]): Value {
    const key = `${dtype} ${dims.join()} ${numbers.join()}`;
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const tensor =
      dtype === 'int64'
        ? int64Tensor(dims, numbers)
        : makeTensor(dtype, dims, new Uint8Array(Int32Array.from(numbers).buffer));
    const made = this.#e.addConstant('whittle/lengths', tensor);
    this.#constants.set(key, made);
    return made;
  }

  /** A Concat of the pieces it was made of, or of slices of it, with new numbers between them. */
  #join(value: Value, length: number, changes: ReadonlyMap<number, number>): Value {
    const parts = this.#pieces(value, length, changes) ?? this.#slices(value, length, changes);
    return this.#e.op('Concat', parts, { axis: intAttribute(0) });
  }

  #pieces(
    value: Value,
    length: number,
    changes: ReadonlyMap<number, number>,
  ): readonly Value[] | undefined {
    const node = value.producer;
    if (!isOp(node, 'Concat')) return undefined;
    const parts: Value[] = [];
    let start = 0;
    for (const piece of node.inputs) {
      if (piece === undefined) continue;
      const constant = constantOf(piece);
      const count = constant === undefined ? this.#lengthOf(piece) : integers(constant).length;
      if (count === undefined) return undefined;
      const inside = shifted(changes, start, count);
      start += count;
      if (inside.size === 0) parts.push(piece);
      else if (constant !== undefined) parts.push(this.replaced(constant, inside));
      else if (count === 1) parts.push(this.vector([...inside.values()]));
      else return undefined;
    }
    return start === length ? parts : undefined;
  }

  #slices(value: Value, length: number, changes: ReadonlyMap<number, number>): readonly Value[] {
    const parts: Value[] = [];
    for (let at = 0; at < length; ) {
      const number = changes.get(at);
      let end = at + 1;
      if (number === undefined) {
        while (end < length && !changes.has(end)) end++;
        parts.push(this.#slice(value, at, end));
      } else parts.push(this.vector([number]));
      at = end;
    }
    return parts;
  }

  #slice(value: Value, start: number, end: number): Value {
    if ((this.#e.model.opsets.get('') ?? 0) >= 10)
      return this.#e.op('Slice', [value, this.vector([start]), this.vector([end])]);
    const bounds = { starts: intsAttribute([start]), ends: intsAttribute([end]) };
    return this.#e.op('Slice', [value], bounds);
  }
}

/** The changes within [start, start + count), counted from start. */
const shifted = (
  changes: ReadonlyMap<number, number>,
  start: number,
  count: number,
): ReadonlyMap<number, number> =>
  new Map(
    [...changes]
      .filter(([place]) => place >= start && place < start + count)
      .map(([place, number]) => [place - start, number]),
  );
