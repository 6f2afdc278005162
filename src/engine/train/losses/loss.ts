import type { ModelEdit, Value } from '../../graph/index.ts';

/**
 * A loss adds its nodes to the training graph and hands back the loss and where its gradient enters
 * the network.
 */
export interface Loss {
  build(context: LossContext): BuiltLoss;
}

export interface LossContext {
  readonly edit: ModelEdit;
  /** The network's outputs, in the training graph. */
  readonly outputs: readonly Value[];
  /** Measured dims of a forward value (batch included). */
  readonly dims: (value: Value) => readonly number[];
  /** The value of the network that has this name in the model; undefined: there is none. Default: outputs only. */
  readonly named?: (name: string) => Value | undefined;
}

export interface BuiltLoss {
  /** Scalar, the mean over the batch. */
  readonly loss: Value;
  /** dL/dv for the forward values where the gradient enters. */
  readonly gradients: readonly LossGradient[];
  /** Graph inputs the loss added (labels, targets), by the name it asked for. */
  readonly inputs: ReadonlyMap<string, Value>;
  /** Scalars worth watching, by name. */
  readonly metrics: ReadonlyMap<string, Value>;
  /** Weights of the loss itself, which learn and are thrown away afterwards. */
  readonly weights?: readonly LossWeight[];
}

export interface LossGradient {
  readonly of: Value;
  readonly gradient: Value;
}

/** A float32 constant the loss added, and dL/d(it). */
export interface LossWeight {
  readonly constant: Value;
  readonly gradient: Value;
}
