import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createNodeRuntime } from '../../cli/node-runtime.ts';
import { createRng, EngineError, unwrap } from '../core/index.ts';
import type { Model } from '../graph/index.ts';
import { modelSize, readModel, toModelFile } from '../onnx/index.ts';
import { exposeWeights } from '../passes/expose-weights.ts';
import { syntheticInputs, type Feeds, type Runtime, type RuntimeTensor } from '../runtime/index.ts';
import type { Method, Planned } from './method.ts';
import { proveFusion, quantizeInt8, type QuantizeInt8Plan } from './quantize-int8/index.ts';
import { quantizeWeights } from './quantize-weights/index.ts';
import { sessionOptionsFor } from './shared/session-options.ts';
import { numbersOf } from './testing/expect-same-function.ts';
import { applyChecked } from './testing/method-context.ts';

/**
 * Quantization on real networks of many exporters and opsets: it loads and runs in WASM, the written bytes are those predicted, static
 * int8 runs under exactly the kernels planned; or it refuses with the reason stated here. The inputs are made up, so the signal
 * to noise ratios in the table say that nothing is broken, not how accurate the model stays.
 */
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const folder = path.join(root, '../shared/models');
const files = existsSync(folder)
  ? readdirSync(folder).filter((name) => name.endsWith('.onnx'))
  : [];
if (files.length === 0) console.info('real models, quantized: not run, none were found');

const anyStep = ['static', 'dynamic', '3 bits', '4 bits'];
const refusals: Readonly<Record<string, readonly [steps: readonly string[], reason: string]>> = {
  'imagenet_mobilenet_v2_qdq_badly_calibrated.onnx': [anyStep, 'its weights are quantized'],
  'imagenet_squeezenet_fp16.onnx': [anyStep, 'its weights are float16'],
  'mlperf_keywords_dscnn_qdq.onnx': [anyStep, 'its weights are quantized'],
  'silero_vad_v6.onnx': [['static', 'dynamic'], 'it lies inside a subgraph'],
  'toy_gpt2.onnx': [['3 bits', '4 bits'], 'too small for packing'],
};
/** ONNX Runtime refuses this one as it is (a declared output shape that is wrong): bytes are checked, nothing is run. */
const unloadable = ['residual_block.onnx'];
/** A layer of it is quantized already, behind its own pairs, and fuses beside the planned ones. */
const partlyQuantized = ['mlperf_keywords_dscnn.onnx'];

/** Slow to run, and little new in them for the steps left out; WHITTLE_SLOW=1 runs those too. */
const slow = [
  'cifar_resnet56.onnx',
  'coco_yolox_nano.onnx',
  'superres_esrgan_slim.onnx',
  'toy_bert_tf.onnx',
];

const rows: string[] = [];
let runtime: Runtime;
beforeAll(async () => {
  runtime = await createNodeRuntime('wasm', 1);
});
afterAll(async () => {
  await runtime.dispose();
  if (rows.length > 0) console.info(rows.toSorted().join('\n'));
});

const steps: readonly (readonly [string, Method, object])[] = [
  ['static', quantizeInt8, {}],
  ['dynamic', quantizeInt8, { mode: 'dynamic' }],
  ['3 bits', quantizeWeights, { bits: 3 }],
  ['4 bits', quantizeWeights, { bits: 4 }],
];

describe.each(files)('%s', (name) => {
  const runs = !unloadable.includes(name);
  let model: Model;
  let feeds: Feeds;
  let original: readonly RuntimeTensor[];
  beforeAll(async () => {
    const bytes = new Uint8Array(readFileSync(path.join(folder, name)));
    model = exposeWeights(unwrap(readModel(bytes, { name })));
    feeds = syntheticInputs(model, createRng(1));
    original = runs ? await outputsOf(model, feeds) : [];
  });

  test.each(steps)('%s', async (step, method, options) => {
    const [refusing, reason] = refusals[name] ?? [[], ''];
    const label = `${step.padEnd(9)}${name.padEnd(50)}`;
    const calibration = [feeds, syntheticInputs(model, createRng(2))];
    if (!runs && step === 'static') return;
    if (process.env['WHITTLE_SLOW'] !== '1' && slow.includes(name) && step !== 'static') {
      rows.push(`${label}not run without WHITTLE_SLOW=1`);
      return;
    }
    try {
      const applied = await applyChecked<{ method: string }, unknown>(method, model, options, {
        runtime,
        calibration,
      });
      const size = modelSize(applied.model);
      const change = `${((100 * size) / modelSize(model)).toFixed(1)} % of the bytes`;
      expect(refusing).not.toContain(step);
      if (!runs) {
        rows.push(`${label}${change}, not run`);
        return;
      }
      const decibels = sqnr(original, await outputsOf(applied.model, feeds));
      rows.push(`${label}${change}, ${decibels.toFixed(1)} dB, ${describePlan(applied.planned)}`);
      expect(decibels).toBeGreaterThan(step.endsWith('bits') ? -15 : 3);
      if (step === 'static' && !partlyQuantized.includes(name))
        await expectFusion(applied.model, applied.planned as Planned<QuantizeInt8Plan>);
    } catch (error) {
      if (!(error instanceof EngineError) || error.code !== 'method/refused') throw error;
      rows.push(`${label}refused: ${error.detail}`);
      expect(refusing).toContain(step);
      expect(error.detail).toContain(reason);
    }
  });

  async function expectFusion(
    quantized: Model,
    { plan }: Planned<QuantizeInt8Plan>,
  ): Promise<void> {
    if (plan.mode !== 'static') throw new Error('a static plan was expected');
    const profile = await runtime.profile(toModelFile(quantized), feeds);
    const proof = proveFusion(profile, plan.fusion);
    expect(proof.rows.map((row) => row.ran)).toEqual(proof.rows.map((row) => row.planned));
    expect(proof).toMatchObject({ complete: true, fused: proof.planned });
  }
});

async function outputsOf(model: Model, feeds: Feeds): Promise<RuntimeTensor[]> {
  const session = await runtime.create(toModelFile(model), sessionOptionsFor(model));
  try {
    return Object.values(await session.run(feeds));
  } finally {
    await session.release();
  }
}

/** Of all float outputs together, dB. */
function sqnr(a: readonly RuntimeTensor[], b: readonly RuntimeTensor[]): number {
  let [signal, noise] = [0, 0];
  a.forEach((tensor, k) => {
    if (tensor.dtype !== 'float32') return;
    const other = numbersOf(b[k] as RuntimeTensor);
    Array.from(numbersOf(tensor)).forEach((value, i) => {
      signal += value ** 2;
      noise += (value - (other[i] as number)) ** 2;
    });
  });
  return 10 * Math.log10(signal / noise);
}

const describePlan = ({ summary, skipped }: Planned<unknown>): string => {
  const { mode: _mode, bits: _bits, ...figures } = summary;
  const text = Object.entries(figures).map(([key, value]) => `${key} ${value}`);
  return [...text, `${skipped.length} skipped`].join(', ');
};
