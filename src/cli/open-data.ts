import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  EngineError,
  idxLabelsPath,
  memorySource,
  openDataset,
  type ByteSource,
  type DataFile,
  type Dataset,
} from '../engine/index.ts';
import { fileSource } from './open-files.ts';

/** DATA of the command line: `sample:NAME`, a folder, or a file (design §5.1). */
export async function openDataArgument(argument: string): Promise<Dataset> {
  if (argument.startsWith('sample:')) return openSample(argument.slice('sample:'.length));
  const stat = statSync(argument, { throwIfNoEntry: false });
  if (stat === undefined)
    throw new EngineError('data/unreadable', {
      where: argument,
      detail: 'no such file or folder',
      hint: 'Name a file, a folder, or sample:NAME',
    });
  const name = path.basename(argument);
  if (stat.isDirectory()) return openDataset(filesUnder(argument), { name });
  const files: DataFile[] = [{ path: name, source: fileSource(argument) }];
  const labels = labelsBeside(argument);
  if (labels !== undefined) files.push({ path: path.basename(labels), source: fileSource(labels) });
  return openDataset(files, { name });
}

const labelsBeside = (file: string): string | undefined => {
  const labels = idxLabelsPath(file);
  return labels !== undefined && statSync(labels, { throwIfNoEntry: false })?.isFile()
    ? labels
    : undefined;
};

function filesUnder(folder: string): DataFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .toSorted()
    .map((file) => ({
      path: path.relative(path.dirname(folder), file).split(path.sep).join('/'),
      source: lazySource(file),
    }));
}

/** Opened when first read: a folder may hold more images than a process may hold open files. */
function lazySource(file: string): ByteSource {
  const { size } = statSync(file);
  return {
    name: path.basename(file),
    size,
    read: (offset, length) => fileSource(file).read(offset, length),
  };
}

const here = path.dirname(fileURLToPath(import.meta.url));
const samplesFolder = path.resolve(here, '..', '..', 'public', 'samples');

interface SampleRow {
  readonly name: string;
  readonly data: string;
  readonly tokenizer?: string;
}

function openSample(name: string): Promise<Dataset> {
  const index = JSON.parse(readFileSync(path.join(samplesFolder, 'index.json'), 'utf8')) as {
    samples: readonly SampleRow[];
  };
  const row = index.samples.find((sample) => sample.name === name);
  if (row === undefined)
    throw new EngineError('data/unreadable', {
      where: `sample:${name}`,
      detail: 'there is no such sample',
      hint: `There are ${index.samples.map((sample) => sample.name).join(', ')}`,
    });
  const files = [row.data, row.tokenizer].filter((file) => file !== undefined);
  return openDataset(
    files.map((file) => ({
      path: file,
      source: memorySource(readFileSync(path.join(samplesFolder, file)), file),
    })),
    { name },
  );
}
