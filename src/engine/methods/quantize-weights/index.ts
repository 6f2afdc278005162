import type { Method } from '../method.ts';
import { apply } from './apply.ts';
import { fields, optionsSchema, type QuantizeWeightsOptions } from './options.ts';
import { plan, type QuantizeWeightsPlan } from './plan.ts';
import { rehearse } from './rehearse.ts';

export type { QuantizeWeightsOptions, QuantizeWeightsPlan };

/** Weights in 2..8 bits, rounded block by block and stored packed; activations and arithmetic stay float. */
export const quantizeWeights: Method<QuantizeWeightsOptions, QuantizeWeightsPlan> = {
  id: 'quantize-weights',
  schema: optionsSchema,
  fields,
  needs: [],
  plan,
  apply: (model, planned, _options, context) => apply(model, planned, context),
  rehearse: (model, planned) => Promise.resolve(rehearse(model, planned)),
};
