import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { memorySource, unwrap } from '../../src/engine/core/index.ts';
import { openSamples, openTextSamples } from '../../src/engine/data/index.ts';
import type { Model } from '../../src/engine/graph/index.ts';
import { readModel } from '../../src/engine/onnx/index.ts';
import { elementCount } from '../../src/engine/tensor/index.ts';
import type { Architecture } from './architectures/architecture.ts';
import { dataFile } from './bundle-data.ts';
import type { HeldOut } from './text/train-text-network.ts';
import type { TextArchitecture } from './text/text-architecture.ts';
import { textPicture } from './text/text-picture.ts';
import { textDataFile } from './text/write-text-sample.ts';
import { writePicture } from './picture.ts';

/**
 * `index.json`: one row per sample that has been trained, made from the files beside it, so that it
 * cannot disagree with them.
 */
export async function writeIndex(
  architectures: readonly Architecture[],
  textArchitectures: readonly TextArchitecture[],
  folder: string,
): Promise<void> {
  const samples: unknown[] = [];
  const logOf = async (name: string): Promise<unknown> => {
    const log = path.join(folder, name, 'training-log.json');
    return existsSync(log) ? (JSON.parse(await readFile(log, 'utf8')) as unknown) : undefined;
  };
  for (const architecture of architectures) {
    const log = await logOf(architecture.name);
    if (log !== undefined) samples.push(await row(architecture, folder, log as Log));
  }
  for (const architecture of textArchitectures) {
    const log = await logOf(architecture.name);
    if (log !== undefined) samples.push(await textRow(architecture, folder, log as TextLog));
  }
  await writeFile(
    path.join(folder, 'index.json'),
    `${JSON.stringify({ version: 1, samples }, null, 2)}\n`,
  );
}

interface Log {
  readonly testAccuracy: number;
  readonly testCount: number;
}

async function row(architecture: Architecture, folder: string, log: Log): Promise<unknown> {
  const { name } = architecture;
  const { bytes, params } = await modelOf(name, folder);
  const data = dataFile(architecture.data);
  const samples = await openSamples(new Uint8Array(await readFile(path.join(folder, data))));
  const picture = `${architecture.data}.png`;
  await writePicture(samples.test, path.join(folder, picture));
  return {
    name,
    title: architecture.title,
    description: architecture.description,
    model: `${name}/model.onnx`,
    data,
    picture,
    classes: samples.classes,
    accuracy: log.testAccuracy,
    testSamples: log.testCount,
    params,
    sizeBytes: bytes,
    license: samples.license,
    source: samples.source,
  };
}

interface TextLog {
  readonly heldOut: HeldOut;
}

/** The same for text: a tokenizer as well; of a language model the perplexity instead of an accuracy. */
async function textRow(
  architecture: TextArchitecture,
  folder: string,
  { heldOut }: TextLog,
): Promise<unknown> {
  const { name } = architecture;
  const { bytes, params } = await modelOf(name, folder);
  const data = textDataFile(name);
  const samples = openTextSamples(new Uint8Array(await readFile(path.join(folder, data))));
  const picture = `${name}/picture.svg`;
  await writeFile(path.join(folder, picture), await textPicture(samples.all));
  return {
    name,
    title: architecture.title,
    description: architecture.description,
    model: `${name}/model.onnx`,
    data,
    picture,
    tokenizer: `${name}/tokenizer.json`,
    ...(samples.classes === undefined ? {} : { classes: samples.classes }),
    ...(heldOut.metric === 'perplexity'
      ? { perplexity: heldOut.value, testTokens: heldOut.samples }
      : { accuracy: heldOut.value, testSamples: heldOut.samples }),
    params,
    sizeBytes: bytes,
    license: samples.license,
    source: samples.source,
  };
}

/** Size of the file, and its parameters: every number of its float tensors but single ones. */
async function modelOf(
  name: string,
  folder: string,
): Promise<{ readonly bytes: number; readonly params: number }> {
  const file = new Uint8Array(await readFile(path.join(folder, name, 'model.onnx')));
  const model: Model = unwrap(readModel(memorySource(file, `${name}/model.onnx`)));
  const params = model.graph.constants
    .filter((value) => value.constant?.dtype === 'float32' && value.constant.dims.length > 0)
    .reduce((sum, value) => sum + elementCount(value.constant?.dims ?? []), 0);
  return { bytes: file.byteLength, params };
}
