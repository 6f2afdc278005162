import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { benchModels } from '../../src/cli/bench-models.ts';
import { bindData } from '../../src/cli/bind-data.ts';
import { createNodeRuntime } from '../../src/cli/node-runtime.ts';
import { openModelFile } from '../../src/cli/open-files.ts';
import {
  createRng,
  modelSize,
  quietTask,
  unwrap,
  writeBytes,
  type BoundData,
  type Measurements,
  type Model,
} from '../../src/engine/index.ts';
import { createStatistics } from '../../src/engine/analysis/index.ts';
import { buildStudent, planStudent } from '../../src/engine/methods/distill/student/index.ts';
import { exposeWeights } from '../../src/engine/passes/index.ts';
import { madeByRecipe, qualityAgainst, recipeContext } from './made-by-recipe.ts';

/**
 * Networks made elsewhere, distilled to half their width without any label: the student as it is cut, and what it knows once it has learnt what
 * the original answers on files of the user. Measured on samples it has not learnt from; times on WASM, in interleaved rounds; the exported file is
 * read again and run by onnxruntime-node as well, where that is installed. Models and data: ../shared/models, which is not part of the repository.
 *
 *   npx tsx scripts/experiments/third-party.ts keywords --backend native --options '{"epochs":20}' --out FOLDER
 *
 * `--models` is another folder for the models, `--options` changes the step, `--samples` bounds how many samples measure, `--watch` shows the
 * training. Without a name: all of the table below.
 */
interface Experiment {
  readonly model: string;
  readonly data: string;
  /** A set of its own to measure on; without it, the half of `data` that nothing learns from. */
  readonly test?: string;
  readonly preprocess?: object;
  readonly step?: object;
}

const cifar = {
  size: [32, 32],
  resize: 'none',
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
};
const experiments: Readonly<Record<string, Experiment>> = {
  cifar: {
    model: 'cifar_resnet56.onnx',
    data: 'data/cifar10_train.npz',
    test: 'data/cifar10_test.npz',
    preprocess: cifar,
    step: { epochs: 6 },
  },
  keywords: {
    model: 'mlperf_keywords_dscnn.onnx',
    data: 'data/keywords.npz',
    step: { epochs: 60 },
  },
  faces: {
    model: 'face_ultraface_rfb320.onnx',
    data: 'data/imagenet',
    preprocess: { size: [240, 320], resize: 'stretch', range: [-1, 1] },
    step: { epochs: 40, batchSize: 8 },
  },
  objects: {
    model: 'coco_yolox_nano.onnx',
    data: 'data/imagenet',
    preprocess: { size: [416, 416], resize: 'stretch', channels: 'BGR', range: [0, 255] },
    step: { epochs: 6 },
  },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    backend: { type: 'string', default: 'wasm' },
    options: { type: 'string', default: '{}' },
    samples: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '0' },
    models: { type: 'string' },
    out: { type: 'string' },
    watch: { type: 'boolean', default: false },
  },
});
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const models = values.models ?? path.join(root, '../shared/models');
const out = values.out ?? path.join(tmpdir(), 'whittle-third-party');
if (!existsSync(models)) throw new Error(`${models} does not exist`);
mkdirSync(out, { recursive: true });
const trainer = await createNodeRuntime(values.backend === 'native' ? 'native' : 'wasm', 1);
const names = positionals.length > 0 ? positionals : Object.keys(experiments);
for (const name of names) {
  const experiment = experiments[name];
  if (experiment === undefined)
    throw new Error(`no experiment ${name}; there are ${Object.keys(experiments).join(', ')}`);
  await carryOut(name, experiment);
}
await trainer.dispose();

async function carryOut(name: string, experiment: Experiment): Promise<void> {
  const file = path.join(models, experiment.model);
  const { model } = openModelFile(file);
  const learnt = await bound(model, experiment, experiment.data, name);
  const step = {
    method: 'distill',
    student: { width: 0.5, depth: 1 },
    labels: 'none',
    ...experiment.step,
    ...(JSON.parse(values.options) as object),
  };
  const data =
    experiment.test === undefined ? learnt : await bound(model, experiment, experiment.test, name);
  const testing = experiment.test === undefined ? data : allMeasuring(data);
  const laboratory = {
    runtime: trainer,
    data: experiment.test === undefined ? learnt : allLearning(learnt),
    watch: values.watch,
  };
  print(`${name}: ${experiment.model}, ${JSON.stringify(step)}`);
  const { split } = laboratory.data;
  print(
    `  learns from ${split.calibration.length + split.train.length} samples of ${experiment.data}`,
  );
  const cut = await cutStudent(model, step.student, laboratory);
  const started = performance.now();
  const trained = await madeByRecipe(model, [step], Number(values.seed), laboratory);
  const seconds = (performance.now() - started) / 1000;
  const exported = path.join(out, `${name}-student.onnx`);
  writeFileSync(exported, writeBytes(trained));
  const again = openModelFile(exported);
  const wasm = await createNodeRuntime('wasm', 1);
  const candidate = (one: Model, sizeBytes: number) => ({
    model: one,
    sizeBytes,
    data: testing,
    steps: [],
    skipped: [],
  });
  const measured = await benchModels({
    runtime: wasm,
    candidates: [
      candidate(model, modelSize(model)),
      candidate(cut, modelSize(cut)),
      candidate(again.model, again.sizeBytes),
    ],
    source: 'user',
    samples: Number(values.samples),
    task: quietTask,
  });
  await wasm.dispose();
  ['original', 'student, as cut', `student, learnt ${seconds.toFixed(0)} s`].forEach((label, i) =>
    print(`  ${label.padEnd(24)} ${described(measured[i] as Measurements)}`),
  );
  await checkNatively(model, [cut, again.model], testing);
  print(`  wrote ${exported}`);
}

/** In another build of ONNX Runtime: how much of what differs between samples the student tells, before and after. */
async function checkNatively(
  model: Model,
  students: readonly Model[],
  data: BoundData,
): Promise<void> {
  const runtime = await createNodeRuntime('native', 1).catch(() => undefined);
  if (runtime === undefined) return print('  onnxruntime-node is not installed: not checked there');
  const texts: string[] = [];
  for (const student of students) {
    const { fidelity, explained } = await qualityAgainst(model, student, { runtime, data });
    texts.push(`${fidelity.sqnrDb.toFixed(2)} dB, tells ${(100 * explained).toFixed(1)} %`);
  }
  await runtime.dispose();
  print(`  in onnxruntime-node        ${texts.join(' -> ')} of what differs between samples`);
}

/** The student before it has learnt anything. */
async function cutStudent(
  model: Model,
  size: { readonly width: number; readonly depth: number },
  laboratory: Parameters<typeof recipeContext>[0],
): Promise<Model> {
  const teacher = exposeWeights(model);
  const shapes = await recipeContext(laboratory).shapes(teacher);
  if (shapes === undefined) throw new Error('the shapes could not be measured');
  const plan = unwrap(planStudent(teacher, shapes, size, createStatistics(teacher)));
  const seed = createRng(0).uint32();
  return buildStudent(plan, { weights: 'important', seed }).model;
}

async function bound(
  model: Model,
  { preprocess }: Experiment,
  data: string,
  name: string,
): Promise<BoundData> {
  const asked = path.join(out, `${name}-preprocess.json`);
  if (preprocess !== undefined) writeFileSync(asked, JSON.stringify(preprocess));
  const found = await bindData(model, {
    data: path.join(models, data),
    ...(preprocess === undefined ? {} : { preprocess: asked }),
  });
  if (found === undefined) throw new Error(`${data} is not there`);
  return found;
}

/** Where another set measures, all samples may be learnt from. */
function allLearning(data: BoundData): BoundData {
  const { split } = data;
  return {
    ...data,
    split: { ...split, train: Uint32Array.from([...split.train, ...split.measure]) },
  };
}

function allMeasuring(data: BoundData): BoundData {
  const none = new Uint32Array();
  const measure = Uint32Array.from({ length: data.dataset.count }, (_, i) => i);
  return { ...data, split: { ...data.split, calibration: none, train: none, measure } };
}

function described({ size, latency, accuracy, fidelity }: Measurements): string {
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const facts = [
    `${size.params} parameters, ${size.sizeBytes} bytes`,
    latency &&
      `${latency.speedup.toFixed(2)} × as fast [${latency.speedupLow.toFixed(2)}, ${latency.speedupHigh.toFixed(2)}]`,
    accuracy && `${percent(accuracy.value)} right of ${accuracy.samples}`,
    fidelity?.top1Agreement === undefined ? undefined : `${percent(fidelity.top1Agreement)} agree`,
    fidelity &&
      `${fidelity.sqnrDb.toFixed(2)} dB, largest error ${fidelity.maxAbsError.toFixed(3)}`,
  ];
  return facts.filter((fact) => fact !== undefined).join('; ');
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
