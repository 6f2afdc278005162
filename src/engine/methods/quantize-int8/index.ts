import type { Method } from '../method.ts';
import { apply } from './apply.ts';
import { fields, optionsSchema, type QuantizeInt8Options } from './options.ts';
import { plan, type QuantizeInt8Plan } from './plan.ts';
import { rehearse } from './rehearse.ts';

export { proveFusion, type FusionPlan, type FusionProof } from './fusion.ts';
export type { QuantizeInt8Options, QuantizeInt8Plan };

/** 8-bit integers: for storage alone, with activations quantized at run time, or with ranges from calibration and fused integer kernels. */
export const quantizeInt8: Method<QuantizeInt8Options, QuantizeInt8Plan> = {
  id: 'quantize-int8',
  schema: optionsSchema,
  fields,
  needs: ['calibration'],
  plan,
  apply,
  rehearse: (_model, planned, options, context) => rehearse(planned, options, context),
};
