import { quietTask, type Task } from '../core/index.ts';
import type { Feeds, RuntimeTensor, Session } from '../runtime/index.ts';
import { classCount, isComparable, outputNumbers } from './outputs.ts';

/**
 * Raw outputs of a model, kept to compare another model's with: every comparable output (floating point or bytes), sample after
 * sample. At most 64 MB: of larger outputs only the first samples are kept, and `samples` says how many.
 */
export interface OutputSet {
  readonly samples: number;
  /** One row of class scores per sample in the first output: their number; 0 otherwise. */
  readonly classes: number;
  /** `[samples][values]`: the outputs of one sample, in the model's order, joined. Rows may differ in length. */
  readonly rows: readonly Float32Array[];
}

const maxBytes = 64 << 20;

export interface OutputStore {
  /** `rows` samples lie in the tensors, of which the first `count` are real. */
  add(outputs: Record<string, RuntimeTensor>, rows: number, count: number): void;
  finish(): OutputSet;
}

/** `expected`: samples that will come, at most. */
export function createOutputStore(expected: number): OutputStore {
  const rows: Float32Array[] = [];
  let bytes = 0;
  let classes = 0;
  return {
    add(outputs, batchRows, count) {
      const tensors = Object.entries(outputs).filter(([, tensor]) => isComparable(tensor));
      const [firstOutput] = Object.values(outputs);
      if (rows.length === 0 && firstOutput !== undefined)
        classes = classCount(firstOutput.dims, batchRows) ?? 0;
      // An output without the batch as its first axis is a whole that cannot be cut: it counts to the batch's first sample.
      const parts = tensors.map(([name, tensor]) => ({
        values: outputNumbers(tensor, name),
        perRow: tensor.dims[0] === batchRows,
      }));
      for (let row = 0; row < count && rows.length < expected && bytes < maxBytes; row++) {
        const joined = joinRow(parts, row, batchRows);
        bytes += joined.byteLength;
        rows.push(joined);
      }
    },
    finish: () => ({ samples: rows.length, classes, rows }),
  };
}

function joinRow(
  parts: readonly { values: Float32Array; perRow: boolean }[],
  row: number,
  batchRows: number,
): Float32Array {
  const pieces = parts.map(({ values, perRow }) => {
    if (!perRow) return row === 0 ? values : new Float32Array();
    const width = values.length / batchRows;
    return values.subarray(row * width, (row + 1) * width);
  });
  const joined = new Float32Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}

/** Outputs for ready-made feeds (synthetic inputs, or several inputs); each run counts as one sample. */
export async function collectOutputs(
  session: Session,
  feeds: Iterable<Feeds> | AsyncIterable<Feeds>,
  task: Task = quietTask,
): Promise<OutputSet> {
  const rows: Float32Array[] = [];
  let classes = 0;
  for await (const feed of feeds) {
    const outputs = await session.run(feed);
    const store = createOutputStore(1);
    store.add(outputs, 1, 1);
    const set = store.finish();
    const [whole] = set.rows;
    if (whole !== undefined) rows.push(whole);
    classes = set.classes;
    await task.breathe();
  }
  return { samples: rows.length, classes, rows };
}
