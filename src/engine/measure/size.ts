import { gzipSync, Gzip } from 'fflate';
import { countNonzero, countParameters } from '../analysis/index.ts';
import { isSpan, partsSize, quietTask, type Part, type Task } from '../core/index.ts';
import type { Model } from '../graph/index.ts';
import type { SizeMeasurement } from './measurement.ts';

/** Exact figures of a model: what it takes on disk as written, its parameters, and its MACs where shapes were measured. */
export const measureSize = (
  model: Model,
  sizeBytes: number,
  macs: number | undefined,
): SizeMeasurement => ({
  sizeBytes,
  gzipBytes: undefined,
  params: countParameters(model).total,
  nonzeroParams: countNonzero(model),
  macs,
});

const pieceBytes = 256 * 1024;

/** Bytes after gzip -6, compressed in pieces so that others may run in between; nothing is kept but the count. */
export async function gzipBytes(parts: readonly Part[], task: Task = quietTask): Promise<number> {
  const total = partsSize(parts);
  let compressed = 0;
  let done = 0;
  const stream = new Gzip({ level: 6, mtime: 0 }, (piece) => {
    compressed += piece.length;
  });
  for (const part of parts) {
    const length = isSpan(part) ? part.length : part.byteLength;
    for (let at = 0; at < length; at += pieceBytes) {
      const size = Math.min(pieceBytes, length - at);
      stream.push(
        isSpan(part) ? part.source.read(part.offset + at, size).slice() : part.slice(at, at + size),
      );
      done += size;
      task.report({ phase: 'compressing', done, total });
      await task.breathe();
    }
  }
  stream.push(new Uint8Array(), true);
  return total === 0 ? gzipSync(new Uint8Array(), { mtime: 0 }).length : compressed;
}
