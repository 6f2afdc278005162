import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  EngineError,
  idxLabelsPath,
  memorySource,
  openDataset,
  readModel,
  requiredExternalFiles,
  unwrap,
  validatePreprocess,
  type ByteSource,
  type DataFile,
  type Dataset,
  type Model,
  type Preprocess,
} from '../engine/index.ts';

/** Files larger than this are read on demand, range by range. */
const wholeUpTo = 256 * 1024 * 1024;

/** A file as a ByteSource. Errors: `file/empty` where it cannot be opened. */
export function fileSource(file: string): ByteSource {
  try {
    const { size } = statSync(file);
    const name = path.basename(file);
    if (size <= wholeUpTo) return memorySource(readFileSync(file), name);
    const descriptor = openSync(file, 'r');
    process.once('exit', () => closeSync(descriptor));
    return {
      name,
      size,
      read(offset, length) {
        if (offset < 0 || length < 0 || offset + length > size)
          throw new RangeError(`${name}: ${offset}+${length} lies outside ${size} bytes`);
        const bytes = new Uint8Array(length);
        for (let done = 0; done < length; )
          done += readSync(descriptor, bytes, done, length - done, offset + done);
        return bytes;
      },
    };
  } catch (error) {
    throw unreadable(file, error);
  }
}

export interface OpenedFile {
  readonly model: Model;
  /** The `.onnx` and its external files together. */
  readonly sizeBytes: number;
  readonly externalFiles: readonly string[];
}

/** A model with the external data files that lie beside it. */
export function openModelFile(file: string): OpenedFile {
  const source = fileSource(file);
  const external = new Map<string, ByteSource>();
  for (const name of requiredExternalFiles(source)) {
    // The reader itself refuses names that are paths; only plain names are looked up, beside the model.
    if (path.basename(name) !== name) continue;
    const beside = path.join(path.dirname(file), name);
    if (statSync(beside, { throwIfNoEntry: false })?.isFile())
      external.set(name, fileSource(beside));
  }
  const model = unwrap(readModel(source, { name: path.basename(file), external }));
  const sizeBytes = [...external.values()].reduce((sum, part) => sum + part.size, source.size);
  return { model, sizeBytes, externalFiles: [...external.keys()] };
}

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
  return openDataset(
    [
      {
        path: row.data,
        source: memorySource(readFileSync(path.join(samplesFolder, row.data)), row.data),
      },
    ],
    { name },
  );
}

/** `--preprocess FILE.json`: what it says replaces what was guessed. */
export function readPreprocess(file: string | undefined, guessed: Preprocess): Preprocess {
  if (file === undefined) return guessed;
  return { ...guessed, ...validatePreprocess(readJson(file), file) };
}

export function readJson(file: string): unknown {
  const text = readText(file);
  try {
    return JSON.parse(text);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new EngineError('argument/invalid', {
      where: file,
      detail,
      hint: 'It must be a JSON file',
    });
  }
}

export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw unreadable(file, error);
  }
}

function unreadable(file: string, error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return new EngineError('file/empty', { where: file, detail, hint: 'Check the path' });
}
