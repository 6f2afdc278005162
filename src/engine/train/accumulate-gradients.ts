import type { ModelEdit, Value } from '../graph/index.ts';
import { add, mul } from './gradients/expressions.ts';

/**
 * Gradients of several runs averaged before the weights move, for batches that do not fit: one graph for every run, steered by three
 * scalars, so that a run stays one call. Run k of n: total ← total · carried + gradient · share, with carried = 0 in the first run
 * and 1 after it, share = 1 / n; what the optimizer makes of the total is kept only where `apply` holds, in the last.
 */
export interface AccumulationInputs {
  /** float32 [] */
  readonly carried: string;
  /** float32 [] */
  readonly share: string;
  /** bool [] */
  readonly apply: string;
}

export interface Accumulation {
  readonly names: AccumulationInputs;
  add(before: Value, gradient: Value): Value;
  /** `next` in a run that applies, else `before`: exactly one of them. */
  applied(next: Value, before: Value): Value;
}

export function addAccumulation(edit: ModelEdit): Accumulation {
  const input = (name: string, dtype: 'float32' | 'bool'): Value =>
    edit.addInput(name, { kind: 'tensor', dtype, dims: [] });
  const carried = input('accumulation_carried', 'float32');
  const share = input('accumulation_share', 'float32');
  const apply = input('accumulation_apply', 'bool');
  return {
    names: { carried: carried.name, share: share.name, apply: apply.name },
    add: (before, gradient) => add(edit, mul(edit, before, carried), mul(edit, gradient, share)),
    applied: (next, before) => edit.op('Where', [apply, next, before]),
  };
}
