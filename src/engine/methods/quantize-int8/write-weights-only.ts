import { edit, type Model } from '../../graph/index.ts';
import { foldHint } from '../shared/session-options.ts';
import { dequantizeInPlace, prepareForm, type QdqForm } from './qdq-form.ts';
import type { QuantizedWeight } from './quantize-weight.ts';
import type { WeightedTarget } from './weighted-nodes.ts';

/**
 * weights-only: each weight is stored in 8 bits and a DequantizeLinear turns it back into floats before its layer reads it. The file
 * shrinks to about a quarter, the arithmetic stays float. Loaded as `sessionOptionsFor` says, the runtime does the
 * dequantization once; the metadata entry tells other programs.
 */
export function writeWeightsOnly(
  model: Model,
  targets: readonly WeightedTarget[],
  form: QdqForm,
  weightOf: (target: WeightedTarget) => QuantizedWeight,
): Model {
  return edit(model, (e) => {
    prepareForm(e, form);
    for (const target of targets)
      dequantizeInPlace(e, form, target.target.value, weightOf(target), target.grid.axis);
    e.setMetadata(foldHint.key, foldHint.text);
  });
}
