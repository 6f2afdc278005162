import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import path from 'node:path';
import {
  EngineError,
  err,
  memorySource,
  readModel,
  requiredExternalFiles,
  unwrap,
  validatePreprocess,
  type ByteSource,
  type Model,
  type Preprocess,
  type Result,
} from '../engine/index.ts';

/** Files larger than this are read on demand, range by range. */
const wholeUpTo = 256 * 1024 * 1024;

/** A file as a ByteSource. Errors: `argument/invalid` where it cannot be opened. */
export function fileSource(file: string): ByteSource {
  try {
    const stat = statSync(file);
    if (stat.isDirectory()) throw unopened(file, 'this is a folder', 'Name a file');
    const { size } = stat;
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
    // The reader lets only relative paths of plain names through: nothing outside the model's folder is looked up.
    const beside = path.join(path.dirname(file), name);
    if (statSync(beside, { throwIfNoEntry: false })?.isFile())
      external.set(name, fileSource(beside));
  }
  const model = unwrap(namingFile(readModel(source, { name: file, external }), file));
  const sizeBytes = [...external.values()].reduce((sum, part) => sum + part.size, source.size);
  return { model, sizeBytes, externalFiles: [...external.keys()] };
}

/** The reader names the place inside the file; a person who gave several files must hear which, and what can be done. */
function namingFile<T>(result: Result<T>, file: string): Result<T> {
  if (result.ok) return result;
  const { code, where, detail, hint = brokenHint } = result.error;
  const place = where === file ? file : `${file}: ${where}`;
  return err(new EngineError(code, { where: place, detail, hint }));
}

const brokenHint = 'If other programs open it, please report it; else export or download it again';

/** `--preprocess FILE.json`: what it says replaces what was guessed. */
export function readPreprocess(file: string | undefined, guessed: Preprocess): Preprocess {
  if (file === undefined) return guessed;
  return { ...guessed, ...validatePreprocess(readJson(file), file) };
}

function readJson(file: string): unknown {
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
  if ((error as NodeJS.ErrnoException).code === 'ENOENT')
    return unopened(file, 'no such file', 'Check the path');
  const detail = error instanceof Error ? error.message : String(error);
  return unopened(file, `cannot be read: ${detail}`, 'Check that you may read it');
}

const unopened = (where: string, detail: string, hint: string): EngineError =>
  new EngineError('argument/invalid', { where, detail, hint });
