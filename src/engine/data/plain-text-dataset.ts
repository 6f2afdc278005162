import { EngineError, quietTask, type ByteSource, type Task } from '../core/index.ts';
import type { Dataset } from './dataset.ts';
import { bomBytes, recordText } from './text-records.ts';

/**
 * A `.txt` for language modelling. The samples are consecutive pieces of at most 4 KB that end at a line end where there is
 * one, else at a space, else between two characters: joined, they are the file again (less its byte order mark).
 */
const pieceBytes = 4096;

export async function plainTextDataset(
  name: string,
  source: ByteSource,
  task: Task = quietTask,
): Promise<Dataset> {
  const starts: number[] = [];
  const begin = bomBytes(source);
  for (let at = begin; at < source.size; ) {
    starts.push(at);
    at += pieceLength(source.read(at, Math.min(pieceBytes, source.size - at)), at, source.size);
    task.report({ phase: 'loading-data', done: at, total: source.size });
    if (starts.length % 256 === 0) await task.breathe();
  }
  if (starts.length === 0)
    throw new EngineError('data/empty', { where: source.name, detail: 'no text in it' });
  return {
    name,
    kind: 'text',
    count: starts.length,
    classes: undefined,
    labels: undefined,
    sampleDims: undefined,
    sample: async (index) => {
      const offset = starts[index];
      if (offset === undefined) throw new RangeError(`${name} has no sample ${index}`);
      const length = (starts[index + 1] ?? source.size) - offset;
      return { kind: 'text', text: recordText(source, { offset, length, line: index + 1 }) };
    },
  };
}

function pieceLength(window: Uint8Array, at: number, size: number): number {
  if (at + window.length >= size) return window.length;
  const line = window.lastIndexOf(10);
  if (line >= 0) return line + 1;
  const space = window.lastIndexOf(32);
  if (space >= 0) return space + 1;
  // Step back over the continuation bytes (10xxxxxx) and the lead byte of a character that may be cut.
  let end = window.length;
  while (end > 1 && ((window[end - 1] as number) & 0xc0) === 0x80) end--;
  return Math.max(1, end - 1);
}
