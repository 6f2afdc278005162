import { gzipSync } from 'node:zlib';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createNodeRuntime } from '../../src/cli/node-runtime.ts';
import { EngineError } from '../../src/engine/core/index.ts';
import { writeBytes } from '../../src/engine/onnx/index.ts';
import type { Runtime } from '../../src/engine/runtime/index.ts';
import type { Architecture } from './architectures/architecture.ts';
import { digits } from './architectures/digits.ts';
import { fashion } from './architectures/fashion.ts';
import { fashionMobile } from './architectures/fashion-mobile.ts';
import { mail } from './architectures/mail.ts';
import { story } from './architectures/story.ts';
import { folded, withFacts } from './export-model.ts';
import { loadData } from './image-data.ts';
import { bundleData } from './bundle-data.ts';
import type { TextArchitecture } from './text/text-architecture.ts';
import { writeTextSample } from './text/write-text-sample.ts';
import { testAccuracyOf, trainNetwork } from './train-network.ts';
import { writeIndex } from './write-index.ts';

/**
 * Trains the sample models with the engine's own gradient graphs and writes what `public/samples/`
 * holds:
 *
 *   npm run train-samples -- [NAME …] [--backend wasm|native] [--threads N] [--epochs N] [--data-only]
 * [--index-only]
 *
 * Everything is seeded: the same command on the same kind of machine and backend gives the same
 * bytes.
 */
const architectures: readonly Architecture[] = [digits, fashion, fashionMobile];
const textArchitectures: readonly TextArchitecture[] = [mail, story];
const names = [...architectures, ...textArchitectures].map(({ name }): string => name);

const root = fileURLToPath(new URL('../..', import.meta.url));
const samplesFolder = path.join(root, 'public', 'samples');
const cacheFolder = path.join(root, '.cache', 'train-samples');
const print = (line: string): void => void process.stderr.write(`${line}\n`);

interface Options {
  readonly backend: 'wasm' | 'native';
  readonly threads: number;
  /** Samples to make; empty: all. */
  readonly chosen: readonly string[];
  readonly epochs: number | undefined;
  readonly dataOnly: boolean;
  readonly indexOnly: boolean;
}

function readOptions(): Options {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      backend: { type: 'string', default: 'wasm' },
      threads: { type: 'string', default: '1' },
      only: { type: 'string' },
      epochs: { type: 'string' },
      'data-only': { type: 'boolean', default: false },
      'index-only': { type: 'boolean', default: false },
    },
  });
  const { backend, only } = values;
  const chosen = only === undefined ? positionals : [...positionals, only];
  const unknown = chosen.find((name) => !names.includes(name));
  if (backend !== 'wasm' && backend !== 'native')
    throw new Error(`--backend is wasm or native, not ${backend}`);
  if (unknown !== undefined)
    throw new Error(`the samples are ${names.join(', ')}; there is no ${unknown}`);
  return {
    backend,
    threads: Number(values.threads),
    chosen,
    epochs: values.epochs === undefined ? undefined : Number(values.epochs),
    dataOnly: values['data-only'],
    indexOnly: values['index-only'],
  };
}

async function trainOne(
  architecture: Architecture,
  options: Options,
  runtime: Runtime,
): Promise<void> {
  const { name, training } = architecture;
  const data = await loadData(architecture.data, cacheFolder);
  const epochs = options.epochs ?? training.epochs;
  const run = await trainNetwork(architecture, data, runtime, epochs, print);
  const model = folded(run.model);
  const testAccuracy = await testAccuracyOf(model, data, runtime);
  const bytes = writeBytes(withFacts(model, architecture, data, testAccuracy));
  const folder = path.join(samplesFolder, name);
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'model.onnx'), bytes);
  const log = {
    name,
    command: commandOf(architecture, options),
    data: { train: data.train.labels.length, test: data.test.labels.length, source: data.source },
    training: { ...training, epochs },
    optimizer:
      'SGD with Nesterov momentum; cosine schedule with half an epoch of warm-up; moving average of the weights',
    backend: options.backend,
    threads: options.threads,
    secondsInTotal: Math.round(run.seconds),
    epochs: run.epochs,
    // The last epoch's weights, as stated beforehand: none was picked by its test accuracy.
    testAccuracy,
    testCorrect: Math.round(testAccuracy * data.test.labels.length),
    testCount: data.test.labels.length,
    sizeBytes: bytes.byteLength,
    gzipBytes: gzipSync(bytes).byteLength,
  };
  await writeFile(path.join(folder, 'training-log.json'), `${JSON.stringify(log, null, 2)}\n`);
  print(
    `${name}: ${(100 * testAccuracy).toFixed(2)} % of ${log.testCount} test images, ${bytes.byteLength} bytes`,
  );
}

const commandOf = (
  { name }: { readonly name: string },
  { backend, threads, epochs }: Options,
): string =>
  `npm run train-samples -- --only ${name} --backend ${backend} --threads ${threads}${epochs === undefined ? '' : ` --epochs ${epochs}`}`;

async function main(): Promise<void> {
  const options = readOptions();
  const isChosen = ({ name }: { readonly name: string }): boolean =>
    options.chosen.length === 0 || options.chosen.includes(name);
  const runtime =
    options.dataOnly || options.indexOnly
      ? undefined
      : await createNodeRuntime(options.backend, options.threads);
  if (!options.indexOnly) {
    await makeImageSamples(architectures.filter(isChosen), options, runtime);
    for (const architecture of textArchitectures.filter(isChosen))
      await writeTextSample({
        architecture,
        samplesFolder,
        cacheFolder,
        runtime,
        epochs: options.epochs ?? architecture.training.epochs,
        command: commandOf(architecture, options),
        print,
      });
  }
  await runtime?.dispose();
  await writeIndex(architectures, textArchitectures, samplesFolder);
}

async function makeImageSamples(
  chosen: readonly Architecture[],
  options: Options,
  runtime: Runtime | undefined,
): Promise<void> {
  for (const name of new Set(chosen.map(({ data }) => data))) {
    const size = await bundleData(name, await loadData(name, cacheFolder), samplesFolder);
    print(`${name}: ${size} bytes of data`);
  }
  if (runtime === undefined) return;
  for (const architecture of chosen) await trainOne(architecture, options, runtime);
}

try {
  await main();
} catch (error) {
  print(error instanceof EngineError || error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
