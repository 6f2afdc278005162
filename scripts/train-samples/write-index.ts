import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { memorySource, unwrap } from '../../src/engine/core/index.ts';
import { openSamples } from '../../src/engine/data/index.ts';
import { readModel } from '../../src/engine/onnx/index.ts';
import { elementCount } from '../../src/engine/tensor/index.ts';
import type { Architecture } from './architectures/architecture.ts';
import { dataFile } from './bundle-data.ts';
import { writePicture } from './picture.ts';

/**
 * `index.json`: one row per sample that has been trained, made from the files beside it, so that it
 * cannot disagree with them.
 */
export async function writeIndex(
  architectures: readonly Architecture[],
  folder: string,
): Promise<void> {
  const samples: unknown[] = [];
  for (const architecture of architectures) {
    const log = path.join(folder, architecture.name, 'training-log.json');
    if (existsSync(log))
      samples.push(await row(architecture, folder, JSON.parse(await readFile(log, 'utf8'))));
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
  const bytes = new Uint8Array(await readFile(path.join(folder, name, 'model.onnx')));
  const data = dataFile(architecture.data);
  const samples = await openSamples(new Uint8Array(await readFile(path.join(folder, data))));
  const model = unwrap(readModel(memorySource(bytes, `${name}/model.onnx`)));
  const params = model.graph.constants
    .filter((value) => value.constant?.dtype === 'float32' && value.constant.dims.length > 0)
    .reduce((sum, value) => sum + elementCount(value.constant?.dims ?? []), 0);
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
    sizeBytes: bytes.byteLength,
    license: samples.license,
    source: samples.source,
  };
}
