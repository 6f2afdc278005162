import * as v from 'valibot';
import type { Field } from '../method.ts';

/** 4 bits in blocks of 32 with a zero point each is what most runtimes have kernels for, and loses little (GPTQ's and llama.cpp's round-to-nearest baselines). */
export const optionsSchema = v.object({
  method: v.literal('quantize-weights'),
  bits: v.optional(v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(8)), 4),
  /** Consecutive weights along the input channels that share a scale. */
  blockSize: v.optional(v.picklist([16, 32, 64, 128]), 32),
  algorithm: v.optional(v.picklist(['rtn']), 'rtn'),
  /** true: no zero point per block; the grid is centred on 0. false: the grid spans smallest to largest weight of the block. */
  symmetric: v.optional(v.boolean(), false),
  /**
   * How a matrix product reads its weight: `matmulnbits`, ONNX Runtime's kernel that unpacks on the fly (small in memory, made for
   * GPUs; in WebAssembly up to 11 times slower than float), or `dequantize`, which becomes an ordinary float product at load.
   */
  products: v.optional(v.picklist(['matmulnbits', 'dequantize']), 'matmulnbits'),
  /** Names of layers (nodes or their outputs) to leave as they are. */
  keep: v.optional(v.array(v.string()), []),
});

export type QuantizeWeightsOptions = v.InferOutput<typeof optionsSchema>;

export const fields: readonly Field[] = [
  { kind: 'slider', key: 'bits', min: 2, max: 8, step: 1, unit: 'bits' },
  { kind: 'choice', key: 'blockSize', values: [16, 32, 64, 128] },
  { kind: 'toggle', key: 'symmetric', advanced: true },
  { kind: 'choice', key: 'products', values: ['matmulnbits', 'dequantize'], advanced: true },
  { kind: 'choice', key: 'algorithm', values: ['rtn'], advanced: true },
];
