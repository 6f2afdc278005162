import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { EngineError, isSpan, writeModel, type Model, type Part } from '../engine/index.ts';

/**
 * Files appear whole or not at all: everything is written beside its place and then renamed into it. So the model that is
 * being read may be the file written, and a full disk leaves what was there.
 */

/** Bytes written at once of a part that lies in a file. */
const chunkBytes = 16 * 1024 * 1024;
/** Smaller tensors stay in the `.onnx`. */
const minExternalBytes = 1024;

/** Says early, before minutes of work, that a file could not be written. Makes its folder. */
export function checkOutput(file: string): void {
  attemptAt(file, () => {
    mkdirSync(path.dirname(file), { recursive: true });
    const existing = statSync(file, { throwIfNoEntry: false });
    if (existing?.isDirectory()) throw new Error('it is a folder');
    if (existing !== undefined) accessSync(file, constants.W_OK);
    writeParts(beside(file), []);
    rmSync(beside(file));
  });
}

/**
 * Writes a model; returns the files written. Weights that lay outside the file read, or do not fit in one, go to `OUT.data`, never into
 * a file of the name they had: that may belong to the original beside it.
 */
export function writeModelFile(model: Model, out: string): string[] {
  const whole = writeModel(model);
  const data = `${path.basename(out)}.data`;
  const { parts, external } =
    whole.external.length === 0
      ? whole
      : writeModel(model, { external: { path: data, minBytes: minExternalBytes } });
  const files = [
    { file: out, parts },
    ...external.map((one) => ({
      file: path.join(path.dirname(out), one.path),
      parts: one.parts,
    })),
  ];
  replaceFiles(files);
  return files.map(({ file }) => file);
}

export const writeTextFile = (file: string, text: string): void =>
  replaceFiles([{ file, parts: [new TextEncoder().encode(text)] }]);

/** Where a file is written before it takes its place. */
const beside = (file: string): string => `${file}.${process.pid}.part`;

function replaceFiles(
  files: readonly { readonly file: string; readonly parts: readonly Part[] }[],
): void {
  try {
    for (const { file, parts } of files) attemptAt(file, () => writeParts(beside(file), parts));
    for (const { file } of files) attemptAt(file, () => renameSync(beside(file), file));
  } finally {
    for (const { file } of files) if (existsSync(beside(file))) rmSync(beside(file));
  }
}

function writeParts(file: string, parts: readonly Part[]): void {
  const descriptor = openSync(file, 'w');
  try {
    for (const bytes of chunksOf(parts))
      for (let done = 0; done < bytes.length; )
        done += writeSync(descriptor, bytes, done, bytes.length - done);
  } finally {
    closeSync(descriptor);
  }
}

function* chunksOf(parts: readonly Part[]): Generator<Uint8Array> {
  for (const part of parts) {
    if (!isSpan(part)) {
      yield part;
      continue;
    }
    const { source, offset, length } = part;
    for (let at = 0; at < length; at += chunkBytes)
      yield source.read(offset + at, Math.min(chunkBytes, length - at));
  }
}

function attemptAt(file: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (error instanceof EngineError) throw error;
    const detail = error instanceof Error ? error.message : String(error);
    throw new EngineError('argument/invalid', {
      where: file,
      detail: `cannot be written: ${detail}`,
      hint: 'Name a file in a folder that you may write to',
    });
  }
}
