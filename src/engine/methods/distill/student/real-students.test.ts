import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createNodeRuntime } from '../../../../cli/node-runtime.ts';
import {
  channelGroups,
  countMacs,
  countParameters,
  createStatistics,
  type ChannelGroups,
} from '../../../analysis/index.ts';
import { createRng, permutation, quietTask, unwrap } from '../../../core/index.ts';
import { verify, type Model } from '../../../graph/index.ts';
import { modelSize, readModel, writeBytes } from '../../../onnx/index.ts';
import { exposeWeights } from '../../../passes/index.ts';
import { measureShapes, syntheticInputs, type Runtime } from '../../../runtime/index.ts';
import { removeChannels, type KeptChannels } from '../../shared/remove-channels/index.ts';
import { expectSameFunction, runModel } from '../../testing/expect-same-function.ts';
import { zeroChannels } from '../../testing/zero-channels.ts';
import { buildStudent, planStudent } from './index.ts';

/**
 * Students of half the width of real networks of many exporters: each loads and runs in WASM with every figure as planned, or refuses for the
 * reason stated here; and channels of zeros go unnoticed in each. A table says how many of a network's parameters lie in groups that can be cut.
 */
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../../..');
const folders = [path.join(root, '../shared/models'), path.join(root, 'public/samples')];
const files = folders.filter(existsSync).flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.onnx'))
    .map((name) => path.join(folder, name)),
);
if (!existsSync(folders[0] as string))
  console.info('students of real models: not run, none were found');

const refusals: Readonly<Record<string, string>> = {
  'silero_vad_v6.onnx': 'it lies in a subgraph',
  'small_sparse_conv.onnx': 'its output is an output of the model',
};
/** onnxruntime-web refuses it as it is (a declared output shape that is wrong). */
const unloadable = ['residual_block.onnx'];
/** Its outputs are int8 and meet the border of their range, where a sum in another order may round otherwise. */
const rounded = ['mlperf_keywords_dscnn_qdq.onnx'];
/** Slow to run; these are run with WHITTLE_SLOW=1. */
const slow = [
  'cifar_resnet20_batchnorm.onnx',
  'cifar_resnet56.onnx',
  'coco_yolox_nano.onnx',
  'imagenet_darknet_tiny.onnx',
  'imagenet_mobilenet_v2_qdq_badly_calibrated.onnx',
  'imagenet_squeezenet_fp16.onnx',
  'ppocr_angle_classifier.onnx',
  'stories260k_llama.onnx',
  'superres_esrgan_slim.onnx',
  'toy_bert_tf.onnx',
  'toy_gpt2.onnx',
];
const all = process.env['WHITTLE_SLOW'] === '1';

const rows: string[] = [];
let runtime: Runtime;
beforeAll(async () => {
  runtime = await createNodeRuntime('wasm', 1);
});
afterAll(async () => {
  await runtime.dispose();
  if (rows.length > 0) console.info(rows.toSorted().join('\n'));
});

const shown = (file: string): string => {
  const name = path.basename(file);
  return name === 'model.onnx' ? path.basename(path.dirname(file)) : name;
};

test.each(files.map((file) => [shown(file), file] as const))(
  '%s',
  { timeout: 120_000 },
  async (name, file) => {
    if (unloadable.includes(name)) return;
    if (slow.includes(name) && !all) {
      rows.push(`${name.padEnd(48)}not run without WHITTLE_SLOW=1`);
      return;
    }
    const model = exposeWeights(unwrap(readModel(new Uint8Array(readFileSync(file)), { name })));
    const feeds = syntheticInputs(model, createRng(1));
    const shapes = await measureShapes(model, runtime, feeds, quietTask);
    const planned = planStudent(model, shapes, { width: 0.5, depth: 1 }, createStatistics(model));
    if (!planned.ok) {
      rows.push(`${name.padEnd(48)}refused: ${planned.error.detail}`);
      expect(planned.error.detail).toContain(refusals[name] ?? 'no refusal was expected');
      return;
    }
    expect(refusals).not.toHaveProperty([name]);
    const plan = planned.value;
    const student = buildStudent(plan, { weights: 'important', seed: 0 });
    expect(verify(student.model)).toEqual([]);
    expect(countParameters(student.model).total).toBe(plan.figures.params);
    expect(writeBytes(student.model).byteLength).toBe(plan.figures.bytes);
    expect(plan.figures.bytes).toBeLessThan(modelSize(model));
    const after = await measureShapes(student.model, runtime, feeds, quietTask);
    expect(countMacs(student.model, after).total).toBe(plan.figures.macs);
    await runModel(student.model, runtime, feeds);
    rows.push(row(name, model, plan.groups, [plan.figures.params, plan.figures.macs], shapes));
    if (!rounded.includes(name)) await zerosUnnoticed(model, feeds);
  },
);

function row(
  name: string,
  model: Model,
  { groups, keptWhole }: ChannelGroups,
  [params, macs]: readonly [number, number],
  shapes: Parameters<typeof countMacs>[1],
): string {
  const cuttable = new Set(
    groups.flatMap(({ slices }) => slices.map(({ stored }) => stored.value)),
  );
  const { parameters, total } = countParameters(model);
  const inside = parameters.reduce(
    (sum, { value, count }) => sum + (cuttable.has(value) ? count : 0),
    0,
  );
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`.padStart(8);
  const reasons = [
    ...new Set(keptWhole.map(({ reason }) => reason.replace(/(?<=Pad|Softmax) \S+/, ''))),
  ];
  return (
    `${name.padEnd(48)}${String(groups.length).padStart(3)} groups, ${percent(inside / total)} of ${total} parameters cuttable; half width: ` +
    `${percent(params / total)} of the parameters, ${percent(macs / countMacs(model, shapes).total)} of the MACs` +
    (reasons.length === 0 ? '' : `; kept whole: ${reasons.join('; ')}`)
  );
}

async function zerosUnnoticed(
  model: Model,
  feeds: ReturnType<typeof syntheticInputs>,
): Promise<void> {
  const found = channelGroups(model, await measureShapes(model, runtime, feeds, quietTask));
  const zeroed = zeroChannels(model, found, exactPlan(found));
  const shapes = await measureShapes(zeroed, runtime, feeds, quietTask);
  const groups = channelGroups(zeroed, shapes);
  const cut = removeChannels(zeroed, groups, exactPlan(groups), shapes);
  await expectSameFunction(zeroed, cut.model, { runtime, feeds, tolerance: 1e-4 });
}

/** A random 60 % of every group where zeros can go unnoticed. */
function exactPlan({ groups }: ChannelGroups): KeptChannels {
  const rng = createRng(5);
  return new Map(
    groups
      .filter(({ mixedBy, within }) => mixedBy === undefined && within === undefined)
      .map((group) => {
        const order = permutation(group.size, rng.fork(`${group.id}`));
        return [group, order.slice(0, Math.ceil(group.size * 0.6)).toSorted()] as const;
      }),
  );
}
