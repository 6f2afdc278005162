import type { Model } from '../graph/index.ts';
import type { DType } from '../tensor/index.ts';

/** Element types of the main graph's constants, inputs and outputs. */
export function tensorDtypes(model: Model): Set<DType> {
  const found = new Set<DType>();
  for (const value of model.graph.constants) if (value.constant) found.add(value.constant.dtype);
  for (const { type } of [...model.graph.inputs, ...model.graph.outputs])
    if (type?.kind === 'tensor' && type.dtype !== undefined) found.add(type.dtype);
  return found;
}
