import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createNodeRuntime } from '../../cli/node-runtime.ts';
import { createRng, EngineError, unwrap } from '../core/index.ts';
import { floatAttribute, type Model } from '../graph/index.ts';
import { expectSameFunction } from '../methods/testing/expect-same-function.ts';
import { tinyModel } from '../methods/testing/tiny-models.ts';
import { readModel } from '../onnx/index.ts';
import { modelOpset } from '../passes/index.ts';
import { syntheticInputs, type Runtime } from '../runtime/index.ts';
import { prepareForTraining, trainingOpset } from './prepare-for-training.ts';
import { tinyNetwork } from './testing/tiny-task.ts';

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createNodeRuntime('wasm', 1);
});
afterAll(() => runtime.dispose());

test('an old model is raised, its constants hoisted, and it computes the same', async () => {
  const model = tinyModel((b) => {
    const x = b.conv(b.input([2, 3, 6, 6]), 'conv', 3, 4);
    const y = b.op('Clip', [x], { min: floatAttribute(0), max: floatAttribute(6) });
    const half = b.op('Constant', [], { value_float: floatAttribute(0.5) });
    b.output(b.op('Mul', [y, half]));
  }, 9);
  const ready = prepareForTraining(model);
  expect(modelOpset(ready)).toBe(trainingOpset);
  expect(ready.graph.nodes.map((node) => node.opType)).not.toContain('Constant');
  const feeds = syntheticInputs(model, createRng(2));
  await expectSameFunction(model, ready, { runtime, feeds, tolerance: 0 });
});

test('a model that is ready is returned as it is', () => {
  const model = tinyNetwork();
  expect(prepareForTraining(model)).toBe(model);
});

test.each([
  ['older than opset 7', tinyModel((b) => b.output(b.op('Relu', [b.input([4])])), 6), /opset 6/],
  [
    'an operator that is gone',
    tinyModel((b) => b.output(b.op('Unheard', [b.input([4])])), 11),
    /Unheard/,
  ],
])('refuses by name: %s', (_name, model, reason) => {
  expect(() => prepareForTraining(model)).toThrow(reason);
  try {
    prepareForTraining(model);
  } catch (error) {
    expect((error as EngineError).code).toBe('train/no-rule');
  }
});

const models = path.resolve(
  path.dirname(fileURLToPath(import.meta.url)),
  '../../../../shared/models',
);

/** Old exports of every kind; `tolerance` allows for other kernels where the form changed. */
const realModels: readonly (readonly [string, number])[] = [
  ['cifar_resnet20.onnx', 1e-5],
  ['face_ultraface_rfb320.onnx', 1e-5],
  ['mlperf_keywords_dscnn.onnx', 1e-5],
  ['ppocr_angle_classifier.onnx', 1e-5],
  ['toy_gpt2.onnx', 1e-5],
  ['toy_bert_tf.onnx', 1e-5],
  ['toy_bert_fused.onnx', 1e-5],
  ['stories260k_llama.onnx', 1e-5],
];

describe.skipIf(!existsSync(models))('real models (../shared/models)', () => {
  const open = (name: string): Model =>
    unwrap(readModel(new Uint8Array(readFileSync(path.join(models, name)))));

  test.each(realModels)('%s computes the same', async (name, tolerance) => {
    const model = open(name);
    const ready = prepareForTraining(model);
    const feeds = syntheticInputs(model, createRng(4));
    await expectSameFunction(model, ready, { runtime, feeds, tolerance });
  });
});
