import type { ModelEdit, Node, Value } from '../../graph/index.ts';

/**
 * What a gradient rule sees: one forward node of the training graph and dL/dy of its outputs. It
 * adds nodes that compute dL/dx. Static facts come from measured shapes; the batch dimension is
 * never baked into the graph (rules use `Shape` for it), so that one training graph serves every
 * batch size.
 */
export interface GradientContext {
  readonly edit: ModelEdit;
  readonly node: Node;
  /** dL/d(output i); undefined where nothing downstream reads it. */
  readonly outputGradients: readonly (Value | undefined)[];
  /** The gradient of the first output. */
  readonly dy: Value;
  /** The i-th input; throws `train/no-rule` when it is left out. */
  readonly input: (index: number) => Value;
  /** The first output of the node. */
  readonly y: Value;
  /** True when dL/d(input i) is asked for: a trainable weight lies upstream of it. */
  readonly needs: (index: number) => boolean;
  /** Measured dims of a forward value (batch included). */
  readonly dims: (value: Value) => readonly number[];
  /** A value the training form of this node left for its gradient (see training-forms.ts). */
  readonly saved: (name: string) => Value | undefined;
  /** Refuses: this node, in this configuration, has no gradient here. */
  readonly refuse: (detail: string) => never;
}

/** dL/dx per input, in input order; undefined (or missing) where not needed. */
export type GradientRule = (context: GradientContext) => readonly (Value | undefined)[];

export interface OperatorRule {
  readonly gradient: GradientRule;
  /** Input slots that hold trainable parameters when they are constant. */
  readonly parameters?: readonly number[];
  /**
   * All outputs carry gradients, and one that has none counts as zeros. Without it, the first output must have one.
   */
  readonly parts?: boolean;
}
