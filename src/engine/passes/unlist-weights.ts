import { edit, type Model, type Value } from '../graph/index.ts';
import { dtypeTable, elementCount } from '../tensor/index.ts';

/**
 * Weights that are listed among the graph's inputs cease to be inputs. Since IR version 4 the listing means that a caller may pass
 * other values (onnx/docs/IR.md), which no caller of an exported network does and which keeps runtimes from folding and
 * prepacking them (ONNX Runtime ships remove_initializer_from_inputs.py for that reason). Before version 4 every initializer had to be
 * listed, so there the listing stays. Single numbers and integers stay too: they may be settings.
 */
export function unlistWeights(model: Model): Model {
  if (model.irVersion < 4) return model;
  const listed = model.graph.inputs.filter(isWeight);
  if (listed.length === 0) return model;
  return edit(model, (e) => {
    for (const input of listed) e.removeInput(input);
  });
}

const isWeight = ({ constant }: Value): boolean =>
  constant !== undefined &&
  dtypeTable[constant.dtype].kind === 'float' &&
  constant.dims.length > 0 &&
  elementCount(constant.dims) > 1;
