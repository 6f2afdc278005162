import { edit, type Model, type Value } from '../../graph/index.ts';
import type { Tensor } from '../../tensor/index.ts';

/** The model with other tensors in some of its constants; the model itself when there are none. */
export function replaceWeights(
  model: Model,
  changes: readonly (readonly [Value, Tensor])[],
): Model {
  if (changes.length === 0) return model;
  return edit(model, (e) => {
    for (const [value, tensor] of changes) e.setConstant(value, tensor);
  });
}
