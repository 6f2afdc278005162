import * as v from 'valibot';
import type { Field } from '../method.ts';

/** N:M patterns: of every M consecutive weights at most N stay. */
export const patterns = {
  '2:4': { n: 2, m: 4 },
  '1:4': { n: 1, m: 4 },
  '4:8': { n: 4, m: 8 },
} as const;

export const pruneWeightsSchema = v.object({
  method: v.literal('prune-weights'),
  /** Share of the weights that are zero afterwards, zeros that were there before included. An N:M pattern fixes it itself. */
  ratio: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 0.5),
  /** `global`: one threshold for the whole model. `layer`: the same share in each layer. */
  scope: v.optional(v.picklist(['global', 'layer']), 'global'),
  criterion: v.optional(v.picklist(['magnitude']), 'magnitude'),
  pattern: v.optional(v.picklist(['unstructured', '2:4', '1:4', '4:8']), 'unstructured'),
  /** Nodes (by name, or by the name of their first output) to leave alone. */
  keep: v.optional(v.array(v.string()), []),
});
export type PruneWeightsOptions = v.InferOutput<typeof pruneWeightsSchema>;

export const pruneWeightsFields: readonly Field[] = [
  { kind: 'slider', key: 'ratio', min: 0, max: 1, step: 0.01, unit: 'percent' },
  { kind: 'choice', key: 'pattern', values: ['unstructured', '2:4', '1:4', '4:8'] },
  { kind: 'choice', key: 'scope', values: ['global', 'layer'], advanced: true },
];
