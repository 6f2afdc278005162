import * as v from 'valibot';
import type { Field } from '../method.ts';

export const quantizeFloat16Schema = v.object({
  method: v.literal('quantize-float16'),
  /** Inputs and outputs of the model stay float32, with casts inside, so that callers need not change. */
  keepIo: v.optional(v.boolean(), true),
  /** Operator types to leave in float32, besides those that float16 is not defined for. */
  keepOperators: v.optional(v.array(v.string()), []),
  /** Nodes (by name, or by the name of their first output) to leave in float32. */
  keep: v.optional(v.array(v.string()), []),
});
export type QuantizeFloat16Options = v.InferOutput<typeof quantizeFloat16Schema>;

export const quantizeFloat16Fields: readonly Field[] = [{ kind: 'toggle', key: 'keepIo' }];
