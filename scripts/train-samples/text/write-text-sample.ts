import { gzipSync } from 'node:zlib';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { encodeTextSamples, openTokenizer } from '../../../src/engine/data/index.ts';
import { edit, type Model } from '../../../src/engine/graph/index.ts';
import { writeBytes } from '../../../src/engine/onnx/index.ts';
import type { Runtime } from '../../../src/engine/runtime/index.ts';
import type { TextArchitecture } from './text-architecture.ts';
import { loadTexts, type TextSplits } from './text-data.ts';
import { trainTextNetwork, type TextRun } from './train-text-network.ts';
import { trainTokenizer } from './train-tokenizer.ts';

/** Where the bundled texts lie, below `public/samples/`. */
export const textDataFile = (name: TextArchitecture['name']): string => `${name}/${name}.samples`;

export interface TextSampleRequest {
  readonly architecture: TextArchitecture;
  readonly samplesFolder: string;
  readonly cacheFolder: string;
  readonly epochs: number;
  /** Undefined: only data and tokenizer are written. */
  readonly runtime: Runtime | undefined;
  readonly command: string;
  readonly print: (line: string) => void;
}

/** Writes one text sample: its texts, its tokenizer and, where there is a runtime, the trained network with its log. */
export async function writeTextSample(request: TextSampleRequest): Promise<void> {
  const { architecture, samplesFolder, runtime, epochs, print } = request;
  const { name, tokenizer: wanted } = architecture;
  const folder = path.join(samplesFolder, name);
  await mkdir(folder, { recursive: true });
  const data = await loadTexts(name, request.cacheFolder);
  const samples = bundle(name, data);
  const tokenizerFile = trainTokenizer(wanted.kind, data.train, wanted.size);
  print(
    `${name}: ${samples.byteLength} bytes of data, ${data.train.length} and ${data.test.length} texts`,
  );
  // Model, tokenizer and texts belong together, so nothing is written before all of it is there.
  const writeTexts = async (): Promise<void> => {
    await writeFile(path.join(samplesFolder, textDataFile(name)), samples);
    await writeFile(path.join(folder, 'tokenizer.json'), `${JSON.stringify(tokenizerFile)}\n`);
  };
  if (runtime === undefined) return writeTexts();
  const tokenizer = await openTokenizer(tokenizerFile);
  const run = await trainTextNetwork({
    architecture,
    data,
    samples,
    tokenizer,
    runtime,
    epochs,
    print,
  });
  const bytes = writeBytes(withFacts(run.model, request, data, run));
  await writeTexts();
  await writeFile(path.join(folder, 'model.onnx'), bytes);
  const log = {
    name,
    command: request.command,
    data: { train: data.train.length, test: data.test.length, source: data.source },
    training: { ...architecture.training, epochs },
    optimizer: 'AdamW; cosine schedule with linear warm-up; moving average of the weights',
    backend: runtime.backend,
    threads: runtime.threads,
    secondsInTotal: Math.round(run.seconds),
    epochs: run.epochs,
    // The last epoch's weights, as stated beforehand: none was picked by what it scored on the texts held out.
    heldOut: run.heldOut,
    sizeBytes: bytes.byteLength,
    gzipBytes: gzipSync(bytes).byteLength,
  };
  await writeFile(path.join(folder, 'training-log.json'), `${JSON.stringify(log, null, 2)}\n`);
  print(`${name}: ${run.heldOut.metric} ${run.heldOut.value}, ${bytes.byteLength} bytes`);
}

const bundle = (name: string, data: TextSplits): Uint8Array =>
  encodeTextSamples({
    name,
    classes: data.classes,
    texts: [...data.train, ...data.test],
    labels: data.labels && [...data.labels.train, ...data.labels.test],
    splits: { train: data.train.length, test: data.test.length },
    license: data.license,
    source: data.source,
  });

/** The facts that travel in the file (`metadata_props`). */
const withFacts = (
  model: Model,
  { architecture, command }: TextSampleRequest,
  data: TextSplits,
  { heldOut }: TextRun,
): Model =>
  edit(model, (change) => {
    const facts = {
      name: architecture.name,
      description: architecture.description.en,
      ...(data.classes === undefined ? {} : { classes: JSON.stringify(data.classes) }),
      context_length: String(architecture.context),
      tokenizer: 'tokenizer.json',
      held_out_metric: heldOut.metric,
      held_out_value: heldOut.value.toFixed(4),
      held_out_samples: String(heldOut.samples),
      data_source: data.source,
      data_license: data.license,
      license: 'MIT',
      trained_by: command,
    };
    for (const [key, text] of Object.entries(facts)) change.setMetadata(key, text);
  });
