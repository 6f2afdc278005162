import type { Method } from '../method.ts';
import { apply } from './apply.ts';
import { distillFields, distillSchema, type DistillOptions } from './options.ts';
import { plan, type DistillPlan } from './plan.ts';

/** A smaller student, made from the model's own graph, learns from the original: smaller and faster on every backend. */
export const distill: Method<DistillOptions, DistillPlan> = {
  id: 'distill',
  schema: distillSchema,
  fields: distillFields,
  needs: ['shapes', 'training'],
  plan,
  apply: (_model, planned, options, context) => apply(planned, options, context),
};
