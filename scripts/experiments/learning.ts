import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bindData } from '../../src/cli/bind-data.ts';
import { openModelFile } from '../../src/cli/open-files.ts';
import { createNodeRuntime } from '../../src/cli/node-runtime.ts';
import {
  countParameters,
  modelSize,
  writeBytes,
  type BoundData,
  type Model,
} from '../../src/engine/index.ts';
import { madeByRecipe, qualityAgainst } from './made-by-recipe.ts';

/**
 * What training is worth on the samples, in figures: accuracy on the 10,000 test images of models made by recipes, each seed apart, and of the
 * control that learns without its teacher.
 *
 *   npx tsx scripts/experiments/learning.ts fashion-student --backend native --seeds 3 --options '{"student":{"width":0.4},"epochs":10}'
 *
 * Experiments: those of the table below; all of them without a name. `--options` and `--before` change the step that trains and those
 * before it, `--from` is the first seed, `--watch` shows the training on the terminal,
 * `--out` is a folder for the trained models (`whittle measure` says how fast they are).
 */
interface Experiment {
  readonly sample: string;
  /** Steps before the training and with it; the first is measured too, to see what was lost. */
  readonly before: readonly object[];
  readonly steps: readonly object[];
  /** Options of the control: hard labels alone, everything else the same. */
  readonly control?: object;
}

const student = { width: 0.5, depth: 1 };
const experiments: Readonly<Record<string, Experiment>> = {
  'fashion-student': {
    sample: 'fashion',
    before: [],
    steps: [{ method: 'distill', student }],
    control: { alpha: 0 },
  },
  'fashion-fresh-student': {
    sample: 'fashion',
    before: [],
    steps: [{ method: 'distill', student, weights: 'fresh', epochs: 10 }],
    control: { alpha: 0 },
  },
  'fashion-pruned': {
    sample: 'fashion',
    before: [{ method: 'prune-channels', ratio: 0.6 }],
    steps: [{ method: 'recover' }],
  },
  // DistilBERT's claims (Sanh et al. 2019, arXiv:1910.01108): 40 % fewer parameters, 97 % of the accuracy, 60 % faster.
  'mail-student': {
    sample: 'mail',
    before: [],
    steps: [{ method: 'distill', student: { width: 1, depth: 0.5 } }],
    control: { alpha: 0 },
  },
  // No teacher at all: fresh weights, hard labels.
  'digits-from-scratch': {
    sample: 'digits',
    before: [],
    steps: [
      {
        method: 'distill',
        student: { width: 1, depth: 1 },
        weights: 'fresh',
        alpha: 0,
        epochs: 10,
      },
    ],
  },
  'digits-2-bits': {
    sample: 'digits',
    before: [{ method: 'quantize-weights', bits: 2 }],
    steps: [{ method: 'recover' }],
  },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    backend: { type: 'string', default: 'wasm' },
    seeds: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    options: { type: 'string', default: '{}' },
    before: { type: 'string', default: '{}' },
    out: { type: 'string' },
    watch: { type: 'boolean', default: false },
  },
});
const changed = JSON.parse(values.options) as object;
const changedBefore = JSON.parse(values.before) as object;
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const runtime = await createNodeRuntime(values.backend === 'native' ? 'native' : 'wasm', 1);
const names = positionals.length > 0 ? positionals : Object.keys(experiments);
for (const name of names) {
  const experiment = experiments[name];
  if (experiment === undefined)
    throw new Error(`no experiment ${name}; there are ${Object.keys(experiments).join(', ')}`);
  await carryOut(name, experiment);
}
await runtime.dispose();

async function carryOut(name: string, experiment: Experiment): Promise<void> {
  const { sample, control } = experiment;
  const file = path.join(root, 'public/samples', sample, 'model.onnx');
  const { model } = openModelFile(file);
  const data = await bindData(model, { data: `sample:${sample}` }, file);
  if (data === undefined) throw new Error(`${sample} brings no data`);
  const laboratory = { runtime, data, watch: values.watch };
  const before = experiment.before.map((step) => ({ ...step, ...changedBefore }));
  const steps = experiment.steps.map((step) => ({ ...step, ...changed }));
  print(`${name}: ${JSON.stringify([...before, ...steps])}`);
  const accuracyOf = async (label: string, made: Model, seconds?: number): Promise<number> => {
    const { text, value } = await describe(model, made, data);
    print(
      `  ${label.padEnd(20)} ${text}${seconds === undefined ? '' : `, ${seconds.toFixed(0)} s`}`,
    );
    return value;
  };
  const trained = async (label: string, seed: number, change: object = {}): Promise<number> => {
    const started = performance.now();
    const all = [...before, ...steps.map((step) => ({ ...step, ...change }))];
    const made = await madeByRecipe(model, all, seed, laboratory);
    if (values.out !== undefined)
      await writeFile(path.join(values.out, `${name}-${label}-${seed}.onnx`), writeBytes(made));
    return accuracyOf(`${label}, seed ${seed}`, made, (performance.now() - started) / 1000);
  };
  const original = await accuracyOf('original', model);
  if (before.length > 0)
    await accuracyOf('compressed', await madeByRecipe(model, before, 0, laboratory));
  const runs: number[] = [];
  const controls: number[] = [];
  const from = Number(values.from);
  for (let seed = from; seed < from + Number(values.seeds); seed++) {
    runs.push(await trained('trained', seed));
    if (control !== undefined) controls.push(await trained('control', seed, control));
  }
  const mean = (list: readonly number[]): number =>
    list.reduce((sum, value) => sum + value, 0) / list.length;
  print(`  mean ${percent(mean(runs))}: ${percent(mean(runs) - original)} against the original`);
  if (controls.length > 0)
    print(
      `  mean of the control ${percent(mean(controls))}: the teacher is worth ${percent(mean(runs) - mean(controls))}`,
    );
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} points`;
}

async function describe(
  original: Model,
  model: Model,
  data: BoundData,
): Promise<{ readonly text: string; readonly value: number }> {
  const { accuracy } = await qualityAgainst(original, model, { runtime, data });
  const params = countParameters(model).total;
  const share = (100 * params) / countParameters(original).total;
  const value = accuracy?.value ?? Number.NaN;
  const text = `${(100 * value).toFixed(2)} %, ${params} parameters (${share.toFixed(1)} %), ${modelSize(model)} bytes`;
  return { text, value };
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
