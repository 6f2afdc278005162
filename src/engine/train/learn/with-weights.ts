import { edit, type Model } from '../../graph/index.ts';
import type { Feeds } from '../../runtime/index.ts';
import { makeTensor } from '../../tensor/index.ts';

/** The model with other weights, by name of the constant. */
export const withWeights = (model: Model, weights: Feeds): Model =>
  edit(model, (change) => {
    for (const constant of [...change.model.graph.constants]) {
      const tensor = weights[constant.name];
      if (tensor?.data instanceof Uint8Array)
        change.setConstant(constant, makeTensor(tensor.dtype, tensor.dims, tensor.data.slice()));
    }
  });

/** True when every one of them is a constant of the model, of its type and shape. */
export function fitsWeights(model: Model, weights: Feeds): boolean {
  const constants = new Map(model.graph.constants.map((value) => [value.name, value.constant]));
  return Object.entries(weights).every(([name, { dtype, dims }]) => {
    const constant = constants.get(name);
    return constant?.dtype === dtype && constant.dims.join() === dims.join();
  });
}
