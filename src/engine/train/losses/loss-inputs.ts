import type { Dim, ModelEdit, Value } from '../../graph/index.ts';

/**
 * The inputs of a loss, each added when a term first asks for it:
 *   `labels` int64 [batch] or [batch, …positions], `labels/other` (the same) and `labels/share` float32 [batch] where samples are mixed,
 *   and a float32 target per value of the teacher.
 */
export class LossInputs {
  readonly #edit: ModelEdit;
  readonly #added = new Map<string, Value>();

  constructor(edit: ModelEdit) {
    this.#edit = edit;
  }

  get all(): ReadonlyMap<string, Value> {
    return this.#added;
  }

  /** `rank` 1: one per sample; 2: one per sample and position. */
  labels(rank: number): Value {
    return this.#input(labelInput, 'int64', openDims(rank));
  }

  /** The label each sample was mixed with, and the share of the first. */
  mixed(): { readonly other: Value; readonly share: Value } {
    return {
      other: this.#input(otherLabelInput, 'int64', openDims(1)),
      share: this.#input(labelShareInput, 'float32', openDims(1)),
    };
  }

  target(name: string, rank: number): Value {
    return this.#input(name, 'float32', openDims(rank));
  }

  #input(name: string, dtype: 'int64' | 'float32', dims: readonly Dim[]): Value {
    const known = this.#added.get(name);
    if (known !== undefined) return known;
    const made = this.#edit.addInput(name, { kind: 'tensor', dtype, dims });
    this.#added.set(name, made);
    return made;
  }
}

export const labelInput = 'labels';
export const otherLabelInput = 'labels/other';
export const labelShareInput = 'labels/share';

/** Sizes that only the batch knows. */
const openDims = (rank: number): Dim[] =>
  Array.from({ length: rank }, (_, axis) => (axis === 0 ? 'batch' : undefined));
