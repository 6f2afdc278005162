import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createNodeRuntime } from '../../cli/node-runtime.ts';
import { countMacs, countNonzero, countParameters, type ShapeMap } from '../analysis/index.ts';
import { createRng, EngineError, quietTask, unwrap } from '../core/index.ts';
import { edit, isOp, type Model, type Node, type Value } from '../graph/index.ts';
import { modelSize, readModel } from '../onnx/index.ts';
import { exposeWeights } from '../passes/expose-weights.ts';
import { measureShapes, syntheticInputs, type Feeds, type Runtime } from '../runtime/index.ts';
import { elementCount, makeTensor, tensorBytes, type Tensor } from '../tensor/index.ts';
import type { Method, Planned } from './method.ts';
import { pruneChannels } from './prune-channels/index.ts';
import { keptPlaces } from './prune-channels/layout.ts';
import type { PruneChannelsPlan } from './prune-channels/plan.ts';
import { pruneWeights } from './prune-weights/index.ts';
import { quantizeFloat16 } from './quantize-float16/index.ts';
import { expectSameFunction, numbersOf, runModel } from './testing/expect-same-function.ts';
import { applyChecked } from './testing/method-context.ts';

/**
 * The techniques on real networks of many exporters: each either loads and runs in WASM with every predicted figure exact, or
 * refuses with the reason stated here. A table says which. The models lie outside the repository, or among the samples.
 */
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const folders = [path.join(root, '../shared/models'), path.join(root, 'public/samples')].filter(
  existsSync,
);
const files = folders.flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.onnx'))
    .map((name) => path.join(folder, name)),
);
if (files.length === 0) console.info('real models: not run, none were found');

/** What these files truly do not allow. A refusal that is not listed fails, and so does a listed one that does not happen. */
const refusals: Readonly<Record<string, string>> = {
  'prune-weights imagenet_mobilenet_v2_qdq_badly_calibrated.onnx': 'its weights are quantized',
  'prune-weights mlperf_keywords_dscnn_qdq.onnx': 'its weights are quantized',
  'prune-channels imagenet_mobilenet_v2_qdq_badly_calibrated.onnx': 'its weights are quantized',
  'prune-channels mlperf_keywords_dscnn.onnx': 'its weights are quantized',
  'prune-channels mlperf_keywords_dscnn_qdq.onnx': 'its weights are quantized',
  'prune-channels silero_vad_v6.onnx': 'it lies in a subgraph',
  'prune-channels small_qdq_conv.onnx': 'its output is an output of the model',
  'prune-channels small_sparse_conv.onnx': 'its output is an output of the model',
  'prune-channels stories260k_llama.onnx': 'its output is joined with another branch',
  'prune-channels toy_gpt2.onnx': 'mixes its channels with another axis',
  'quantize-float16 imagenet_mobilenet_v2_qdq_badly_calibrated.onnx': 'computes in int8 already',
  'quantize-float16 imagenet_squeezenet_fp16.onnx': 'is in float16 already',
  'quantize-float16 mlperf_keywords_dscnn_qdq.onnx': 'computes in int8 already',
  'quantize-float16 silero_vad_v6.onnx': 'its weights lie in subgraphs',
  'quantize-float16 small_qdq_conv.onnx': 'computes in int8 already',
};
/** Files that onnxruntime-web refuses as they are (a declared output shape that is wrong): figures are checked, nothing is run. */
const unloadable = ['residual_block.onnx'];

/** Networks that take pixels of 0..255: noise of 0 ± 1 is so far from them that float16 (anybody's) gives another answer. */
const pixelInputs = ['coco_yolox_nano.onnx'];

/** Slow to run. Cutting channels is the technique most likely to go wrong on them; the others are run with WHITTLE_SLOW=1. */
const slow = [
  'cifar_resnet56.onnx',
  'coco_yolox_nano.onnx',
  'face_ultraface_rfb320.onnx',
  'superres_esrgan_slim.onnx',
  'toy_bert_tf.onnx',
];
const quick = (name: string, id: string): boolean =>
  process.env['WHITTLE_SLOW'] === '1' || id === 'prune-channels' || !slow.includes(name);

const rows: string[] = [];
let runtime: Runtime;
beforeAll(async () => {
  runtime = await createNodeRuntime('wasm', 1);
});
afterAll(async () => {
  await runtime.dispose();
  if (rows.length > 0) console.info(rows.toSorted().join('\n'));
});

interface Loaded {
  readonly model: Model;
  readonly feeds: Feeds;
  readonly shapes: ShapeMap | undefined;
}

describe.each(files.map((file) => [path.basename(file), file] as const))('%s', (name, file) => {
  let loaded: Loaded;
  beforeAll(async () => {
    const model = exposeWeights(unwrap(readModel(new Uint8Array(readFileSync(file)), { name })));
    const feeds = scaled(syntheticInputs(model, createRng(1)), pixelInputs.includes(name) ? 64 : 1);
    const shapes = unloadable.includes(name)
      ? undefined
      : await measureShapes(model, runtime, feeds, quietTask);
    loaded = { model, feeds, shapes };
  });

  test.each<[string, Method, object]>([
    ['prune-weights', pruneWeights, { ratio: 0.5 }],
    ['prune-channels', pruneChannels, { ratio: 0.3 }],
    ['quantize-float16', quantizeFloat16, {}],
  ])('%s', async (id, method, options) => {
    const label = `${id.padEnd(17)}${name.padEnd(48)}`;
    if (!quick(name, id)) {
      rows.push(`${label}not run without WHITTLE_SLOW=1`);
      return;
    }
    const { model, feeds, shapes } = loaded;
    const given = shapes === undefined ? {} : { shapes, runtime, feeds };
    try {
      const { model: result, planned } = await applyChecked<{ method: string }, unknown>(
        method,
        model,
        options,
        given,
      );
      rows.push(label + figures(loaded, planned));
      expect(refusals).not.toHaveProperty([`${id} ${name}`]);
      if (shapes === undefined) return;
      if (id === 'prune-channels')
        await expectSameFunction(masked(model, planned as Planned<PruneChannelsPlan>), result, {
          runtime,
          feeds,
          tolerance: 1e-4,
        });
      else if (id === 'quantize-float16')
        await expectSameFunction(model, result, { runtime, feeds, tolerance: 0.02 });
      else
        expect(Object.keys(await runModel(result, runtime, feeds)).length).toBe(
          model.graph.outputs.length,
        );
    } catch (error) {
      if (!(error instanceof EngineError) || error.code !== 'method/refused') throw error;
      rows.push(`${label}refused: ${error.detail}`);
      expect(error.detail).toContain(refusals[`${id} ${name}`] ?? 'no refusal was expected');
    }
  });
});

/**
 * The uncut model with zeros where its consumers multiply the channels that go: what is left of the function when those
 * channels are gone, said in another way than by cutting them.
 */
function masked(model: Model, { plan }: Planned<PruneChannelsPlan>): Model {
  return edit(model, (e) => {
    for (const { group, keep } of plan.cuts)
      for (const { node, index, layout } of group.cuts) {
        if (
          node === group.site.node ||
          group.depthwise.includes(node) ||
          index !== 1 ||
          !consumes(node)
        )
          continue;
        const value = e.node(node).inputs[1] as Value;
        const kept = new Set(keptPlaces(layout, group.channels, keep));
        e.setConstant(value, withZeros(value.constant as Tensor, layout.axis, kept));
      }
  });
}

const consumes = (node: Node): boolean => isOp(node, 'Conv', 'ConvTranspose', 'Gemm', 'MatMul');

function withZeros(tensor: Tensor, axis: number, kept: ReadonlySet<number>): Tensor {
  const bytes = new Uint8Array(tensorBytes(tensor));
  const dim = tensor.dims[axis] as number;
  const width =
    (bytes.length / elementCount(tensor.dims)) * elementCount(tensor.dims.slice(axis + 1));
  for (let row = 0; row * width < bytes.length; row++)
    if (!kept.has(row % dim)) bytes.fill(0, row * width, (row + 1) * width);
  return makeTensor(tensor.dtype, tensor.dims, bytes);
}

function figures({ model, shapes }: Loaded, { predicted, skipped }: Planned<unknown>): string {
  const size = modelSize(model);
  const parts: [string, number | undefined, number | undefined][] = [
    ['bytes', size + (predicted.weightBytes ?? 0), size],
    ['params', predicted.params, countParameters(model).total],
    ['non-zero', predicted.nonzeroParams, countNonzero(model)],
    ['MACs', predicted.macs, shapes && countMacs(model, shapes).total],
  ];
  const percents = parts
    .filter(([, now, before]) => now !== undefined && before !== undefined)
    .map(([what, now = 0, before = 1]) => `${what} ${((now / before) * 100).toFixed(1)} %`);
  return `${percents.join(', ')}, ${skipped.length} skipped`;
}

/** Float inputs times a factor. */
function scaled(feeds: Feeds, factor: number): Feeds {
  if (factor === 1) return feeds;
  return Object.fromEntries(
    Object.entries(feeds).map(([name, tensor]) => {
      if (tensor.dtype !== 'float32') return [name, tensor];
      const values = Float32Array.from(numbersOf(tensor), (value) => value * factor);
      return [name, { ...tensor, data: new Uint8Array(values.buffer) }];
    }),
  );
}
