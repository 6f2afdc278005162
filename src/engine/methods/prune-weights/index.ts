import type { Method } from '../method.ts';
import { apply } from './apply.ts';
import { pruneWeightsFields, pruneWeightsSchema, type PruneWeightsOptions } from './options.ts';
import { plan, type PruneWeightsPlan } from './plan.ts';

/** Sets the smallest weights to zero, one by one or in N:M groups. Smaller after gzip; not faster on dense kernels. */
export const pruneWeights: Method<PruneWeightsOptions, PruneWeightsPlan> = {
  id: 'prune-weights',
  schema: pruneWeightsSchema,
  fields: pruneWeightsFields,
  needs: [],
  plan,
  apply: (model, planned, _options, context) => apply(model, planned, context),
};
