import * as v from 'valibot';
import { distillFields, distillSchema } from './distill/options.ts';
import type { Field } from './method.ts';
import { pruneChannelsFields, pruneChannelsSchema } from './prune-channels/options.ts';
import { pruneWeightsFields, pruneWeightsSchema } from './prune-weights/options.ts';
import { quantizeFloat16Fields, quantizeFloat16Schema } from './quantize-float16/options.ts';
import {
  fields as quantizeInt8Fields,
  optionsSchema as quantizeInt8Schema,
} from './quantize-int8/options.ts';
import {
  fields as quantizeWeightsFields,
  optionsSchema as quantizeWeightsSchema,
} from './quantize-weights/options.ts';
import { recoverFields, recoverSchema } from './recover/options.ts';

/**
 * What forms and recipe files need of each technique: options only, none of the code that plans and applies, so that
 * the page can load it first. In the order in which steps usually follow one another.
 */
export interface MethodForm {
  readonly id: string;
  readonly schema: v.GenericSchema<unknown, { method: string }>;
  readonly fields: readonly Field[];
  /** Every option at its default. */
  readonly defaults: Readonly<Record<string, unknown>> & { readonly method: string };
  /** Options that have no default and are left out by most. */
  readonly optional: readonly string[];
}

const form = (
  id: string,
  schema: MethodForm['schema'],
  fields: readonly Field[],
  optional: readonly string[] = [],
): MethodForm => ({ id, schema, fields, defaults: v.parse(schema, { method: id }), optional });

export const methodForms: readonly MethodForm[] = [
  form('prune-weights', pruneWeightsSchema, pruneWeightsFields),
  form('prune-channels', pruneChannelsSchema, pruneChannelsFields),
  form('distill', distillSchema, distillFields, ['studentModel']),
  form('quantize-int8', quantizeInt8Schema, quantizeInt8Fields),
  form('quantize-weights', quantizeWeightsSchema, quantizeWeightsFields),
  form('quantize-float16', quantizeFloat16Schema, quantizeFloat16Fields),
  form('recover', recoverSchema, recoverFields),
];

export const methodForm = (id: string): MethodForm | undefined =>
  methodForms.find((known) => known.id === id);
