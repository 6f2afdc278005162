import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createNodeRuntime } from '../../cli/node-runtime.ts';
import { EngineError, unwrap } from '../core/index.ts';
import { intAttribute, type Model, type Value } from '../graph/index.ts';
import { tinyModel, type TinyBuilder } from '../methods/testing/tiny-models.ts';
import { readModel } from '../onnx/index.ts';
import type { Runtime } from '../runtime/index.ts';
import { prepareForTraining } from './prepare-for-training.ts';
import { reachedWeights } from './testing/reached-weights.ts';
import { trainableShare } from './trainable-share.ts';

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createNodeRuntime('wasm', 1);
});
afterAll(() => runtime.dispose());

/** Two layers with `between` in the middle. */
const network = (between: (b: TinyBuilder, x: Value) => Value): Model =>
  tinyModel((b) => {
    const first = b.gemm(b.input([2, 4]), 'first', 4, 6);
    b.output(b.gemm(between(b, first), 'second', 6, 3));
  }, 18);

describe('what gradients reach', () => {
  test('the weights of attention that is fused into one operator', async () => {
    const model = tinyModel((b) => {
      b.e.setOpset('com.microsoft', 1);
      const inputs = [b.input([2, 3, 4]), b.weight('qkv', [4, 12]), b.weight('qkv.b', [12])];
      const { outputs } = b.e.addNode('Attention', inputs, {
        domain: 'com.microsoft',
        attributes: { num_heads: intAttribute(2) },
        outputs: 1,
      });
      b.output(b.op('MatMul', [outputs[0], b.weight('out', [4, 4])]));
    }, 18);
    const prepared = prepareForTraining(model);
    const share = trainableShare(prepared);
    expect(share.trained.map(({ name }) => name).toSorted()).toEqual(['out', 'qkv', 'qkv.b']);
    expect(share.obstacles).toEqual([]);
    const reached = await reachedWeights(prepared, runtime);
    expect(reached.still).toEqual([]);
  });

  test('everything, where every operator has a rule', async () => {
    const model = network((b, x) => b.op('Relu', [x]));
    const share = trainableShare(model);
    expect(share.trained.map(({ name }) => name)).toEqual([
      'first.w',
      'first.b',
      'second.w',
      'second.b',
    ]);
    expect(share.trainedElements).toBe(4 * 6 + 6 + 6 * 3 + 3);
    expect(share.obstacles).toEqual([]);
    const reached = await reachedWeights(model, runtime);
    expect(reached.still).toEqual([]);
  });

  test('only what lies behind an operator without a rule, which is named', async () => {
    const model = network((b, x) => b.op('Hardmax', [x], { axis: intAttribute(1) }));
    const share = trainableShare(model);
    expect(share.trained.map(({ name }) => name)).toEqual(['second.w', 'second.b']);
    expect(share.trainedElements).toBe(21);
    expect(share.totalElements).toBe(51);
    expect(share.obstacles[0]?.detail).toBe('no gradient is known for ai.onnx.Hardmax');
    await expect(reachedWeights(model, runtime)).rejects.toThrow(EngineError);
    const reached = await reachedWeights(model, runtime, undefined, share.trained);
    expect(reached.still).toEqual([]);
  });

  test('nothing through what only compares', () => {
    const share = trainableShare(network((b, x) => b.op('Floor', [x])));
    expect(share.trained.map(({ name }) => name)).toEqual(['second.w', 'second.b']);
    expect(share.obstacles).toEqual([]);
  });
});

/** Operators without a rule, and outputs a loss cannot be put on. Any other model must be trainable as a whole. */
const refusals: Readonly<Record<string, string>> = {
  'silero_vad_v6.onnx':
    'If_0: no gradient is known for ai.onnx.If: its branches are graphs of their own',
  'mlperf_keywords_dscnn_qdq.onnx': 'no output is made of floating-point numbers',
};

/** Small enough to differentiate and run once here; scripts/trainable-share.ts runs them all. */
const run = [
  'face_emotion.onnx',
  'imagenet_mobilenet_v1_025_128.onnx',
  'mlperf_keywords_dscnn.onnx',
  'mlperf_resnet8.onnx',
  'small_qdq_conv.onnx',
  'stories260k_llama.onnx',
  'toy_bert_fused.onnx',
];

const folder = path.resolve(
  path.dirname(fileURLToPath(import.meta.url)),
  '../../../../shared/models',
);
const files = existsSync(folder)
  ? readdirSync(folder).filter((name) => name.endsWith('.onnx'))
  : [];
if (files.length === 0) console.info('trainable share of real models: not run, none were found');

describe.skipIf(files.length === 0)('real models (../shared/models)', () => {
  const open = (name: string): Model =>
    prepareForTraining(unwrap(readModel(new Uint8Array(readFileSync(path.join(folder, name))))));

  test.each(files)('%s', (name) => {
    const share = trainableShare(open(name));
    const [obstacle] = share.obstacles;
    const refusal = refusals[name];
    expect(share.totalElements).toBeGreaterThan(0);
    if (refusal === undefined) {
      expect(share.obstacles).toEqual([]);
      expect(share.blocked.map((weight) => weight.name)).toEqual([]);
    } else {
      const where = obstacle && `${obstacle.node.name}: ${obstacle.detail}`;
      expect(where ?? 'no output is made of floating-point numbers').toBe(refusal);
      expect(share.trained).toEqual([]);
    }
  });

  test.each(run.filter((name) => files.includes(name)))('%s: every weight moves', async (name) => {
    const reached = await reachedWeights(open(name), runtime);
    expect(reached.still.map(({ weight, why }) => `${weight.name}: ${why}`)).toEqual([]);
    expect(reached.moved.length).toBeGreaterThan(0);
  });
});
