import * as v from 'valibot';
import type { Field } from '../method.ts';

export const pruneChannelsSchema = v.object({
  method: v.literal('prune-channels'),
  /** Share of the channels of all prunable layers that goes. */
  ratio: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 0.3),
  /** `global`: the least important channels of the whole model. `layer`: the same share of each layer. */
  scope: v.optional(v.picklist(['global', 'layer']), 'global'),
  /** Norm of a channel's filter. */
  criterion: v.optional(v.picklist(['l1', 'l2']), 'l2'),
  /** A layer that loses channels keeps a multiple of this many: kernels work on vectors of 4 floats (WASM SIMD) or more. */
  roundTo: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(64)), 4),
  /** No layer goes below this many channels. */
  minChannels: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 4),
  /** With `global` scope no layer loses more than this share, so that no layer becomes a bottleneck. */
  layerLimit: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 0.8),
  /** Nodes (by name, or by the name of their first output) to leave alone. */
  keep: v.optional(v.array(v.string()), []),
});
export type PruneChannelsOptions = v.InferOutput<typeof pruneChannelsSchema>;

export const pruneChannelsFields: readonly Field[] = [
  { kind: 'slider', key: 'ratio', min: 0, max: 0.95, step: 0.01, unit: 'percent' },
  { kind: 'choice', key: 'scope', values: ['global', 'layer'] },
  { kind: 'choice', key: 'criterion', values: ['l1', 'l2'], advanced: true },
  { kind: 'choice', key: 'roundTo', values: [1, 2, 4, 8, 16], advanced: true },
  { kind: 'slider', key: 'minChannels', min: 1, max: 64, step: 1, unit: 'count', advanced: true },
  {
    kind: 'slider',
    key: 'layerLimit',
    min: 0,
    max: 1,
    step: 0.05,
    unit: 'percent',
    advanced: true,
  },
];
