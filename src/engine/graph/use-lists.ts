import type { Node, Use, Value } from './model.ts';

/**
 * Adds to and takes from the `uses` of values in constant time. A value read in many places (a scalar that 50,000
 * nodes share) gets an index from node to positions; taking a use moves the last one into its place, so the order of
 * uses means nothing. Shorter lists are searched.
 */
const indexFrom = 32;

export class UseLists {
  readonly #positions = new Map<Value, Map<Node, number[]>>();

  add(value: Value, use: Use): void {
    const uses = value.uses as Use[];
    uses.push(use);
    const positions = this.#positions.get(value);
    if (positions !== undefined) note(positions, use.node, uses.length - 1);
  }

  remove(value: Value, node: Node, index: number): void {
    const uses = value.uses as Use[];
    const at = this.#find(value, node, index);
    if (at < 0) return;
    const last = uses.length - 1;
    const moved = uses[last] as Use;
    const positions = this.#positions.get(value);
    if (positions !== undefined) {
      forget(positions, node, at);
      if (at !== last) {
        forget(positions, moved.node, last);
        note(positions, moved.node, at);
      }
    }
    uses[at] = moved;
    uses.pop();
  }

  /** For code that has replaced the list as a whole. */
  forget(value: Value): void {
    this.#positions.delete(value);
  }

  #find(value: Value, node: Node, index: number): number {
    const { uses } = value;
    if (uses.length < indexFrom && !this.#positions.has(value))
      return uses.findIndex((use) => use.node === node && use.index === index);
    let positions = this.#positions.get(value);
    if (positions === undefined) {
      positions = new Map();
      for (let i = 0; i < uses.length; i++) note(positions, (uses[i] as Use).node, i);
      this.#positions.set(value, positions);
    }
    return (positions.get(node) ?? []).find((at) => uses[at]?.index === index) ?? -1;
  }
}

function note(positions: Map<Node, number[]>, node: Node, at: number): void {
  const list = positions.get(node);
  if (list === undefined) positions.set(node, [at]);
  else list.push(at);
}

function forget(positions: Map<Node, number[]>, node: Node, at: number): void {
  const list = positions.get(node);
  if (list === undefined) return;
  list.splice(list.indexOf(at), 1);
  if (list.length === 0) positions.delete(node);
}
