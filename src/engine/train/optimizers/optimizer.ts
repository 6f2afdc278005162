import type { ModelEdit, Value } from '../../graph/index.ts';

/** An optimizer adds the update of one weight to the training graph. Its state starts at zero. */
export interface Optimizer {
  /** Names of the tensors it keeps per weight, each shaped like the weight. */
  readonly state: readonly string[];
  /** Numbers it is fed at every step, by name: their value at a step, from 0. */
  readonly scalars?: Readonly<Record<string, (step: number) => number>>;
  update(context: UpdateContext): Updated;
}

export interface UpdateContext {
  readonly edit: ModelEdit;
  readonly weight: Value;
  readonly gradient: Value;
  /** In the order of `state`. */
  readonly state: readonly Value[];
  /** Scalar input, given anew for every step. */
  readonly learningRate: Value;
  /** The scalar input of one of `scalars`. */
  readonly scalar: (name: string) => Value;
  /** False for biases and normalization parameters. */
  readonly decays: boolean;
}

export interface Updated {
  readonly weight: Value;
  readonly state: readonly Value[];
}
