import type { Method } from '../method.ts';
import { apply } from './apply.ts';
import { recoverFields, recoverSchema, type RecoverOptions } from './options.ts';
import { plan, type RecoverPlan } from './plan.ts';

/** Fine-tunes the compressed model with the original as its teacher; quantization-aware where weights were rounded. */
export const recover: Method<RecoverOptions, RecoverPlan> = {
  id: 'recover',
  schema: recoverSchema,
  fields: recoverFields,
  needs: ['training'],
  plan,
  apply: (model, _planned, options, context) => apply(model, options, context),
};
