import * as v from 'valibot';
import type { Field } from '../method.ts';

/**
 * What a person can ask of int8 quantization. The defaults are those that were measured to be fastest and most accurate on the
 * CPU: static, weights per channel and symmetric in int8, activations asymmetric in uint8 (Krishnamoorthi 2018, §3; ONNX
 * Runtime, "Quantize ONNX models").
 */
export const optionsSchema = v.object({
  method: v.literal('quantize-int8'),
  /** weights-only: 8-bit storage, float arithmetic. dynamic: activations quantized on the fly. static: ranges from calibration. */
  mode: v.optional(v.picklist(['static', 'dynamic', 'weights-only']), 'static'),
  /** One scale for a whole weight, or one per output channel. */
  granularity: v.optional(v.picklist(['per-channel', 'per-tensor']), 'per-channel'),
  calibration: v.optional(v.picklist(['minmax']), 'minmax'),
  /** Samples the ranges are taken from. */
  samples: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(10_000)), 128),
  /**
   * Grid of the activations (static). `int8-symmetric` has zero point 0 but for values that a Relu or Clip made
   * non-negative: those keep zero point −128, without which the activation could not be fused.
   */
  activations: v.optional(v.picklist(['uint8', 'int8', 'int8-symmetric']), 'uint8'),
  /**
   * Grid of the weights: int8 symmetric, or uint8 asymmetric (per-channel convolutions: symmetric about 128, as the integer kernels
   * demand one zero point). `auto`: uint8 in dynamic mode, where signed convolution weights run 13 times slower, else int8.
   */
  weights: v.optional(v.picklist(['auto', 'int8', 'uint8']), 'auto'),
  /** Quantize depthwise and grouped convolutions as well, though they run slower in integers. */
  depthwise: v.optional(v.boolean(), false),
  /** Names of layers (nodes or their outputs) to leave in float. */
  keep: v.optional(v.array(v.string()), []),
});

export type QuantizeInt8Options = v.InferOutput<typeof optionsSchema>;

export const fields: readonly Field[] = [
  { kind: 'choice', key: 'mode', values: ['static', 'dynamic', 'weights-only'] },
  { kind: 'choice', key: 'granularity', values: ['per-channel', 'per-tensor'] },
  { kind: 'slider', key: 'samples', min: 1, max: 1024, step: 1, unit: 'count' },
  {
    kind: 'choice',
    key: 'activations',
    values: ['uint8', 'int8', 'int8-symmetric'],
    advanced: true,
  },
  { kind: 'choice', key: 'weights', values: ['auto', 'int8', 'uint8'], advanced: true },
  { kind: 'choice', key: 'calibration', values: ['minmax'], advanced: true },
  { kind: 'toggle', key: 'depthwise', advanced: true },
];
