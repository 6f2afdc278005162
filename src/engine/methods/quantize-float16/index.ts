import type { Method } from '../method.ts';
import {
  quantizeFloat16Fields,
  quantizeFloat16Schema,
  type QuantizeFloat16Options,
} from './options.ts';
import { toHalf } from './half-tensor.ts';
import { plan, type QuantizeFloat16Plan } from './plan.ts';
import { rewrite } from './rewrite.ts';

/** Weights and arithmetic in float16. Half the size on any backend; faster only where the backend has float16 kernels. */
export const quantizeFloat16: Method<QuantizeFloat16Options, QuantizeFloat16Plan> = {
  id: 'quantize-float16',
  schema: quantizeFloat16Schema,
  fields: quantizeFloat16Fields,
  needs: [],
  plan,
  async apply(model, planned, _options, { task }) {
    task.report({ phase: 'quantizing', done: 0, total: 1 });
    await task.breathe();
    const converted = rewrite(model, planned.plan.assignment, toHalf);
    task.report({ phase: 'quantizing', done: 1, total: 1 });
    return converted;
  },
  /** Eleven bits are rounded so finely that training need not see it: float32 learns and is converted again. */
  rehearse: (model) => Promise.resolve({ float: model, model, bits: 11 }),
};
