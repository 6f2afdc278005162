import { createRng, throwIfAborted, type Task } from '../core/index.ts';
import type { RuntimeTensor, Session } from '../runtime/index.ts';
import type { BatchSource } from './batches.ts';

export interface Validation {
  readonly correct: number;
  readonly count: number;
}

/**
 * How many samples the session's first output classifies right (largest score wins, the first of
 * equals).
 */
export async function validate(
  session: Session,
  data: BatchSource,
  batchSize: number,
  task: Task,
): Promise<Validation> {
  const output = session.outputs[0]?.name ?? '';
  const rng = createRng(0);
  let correct = 0;
  for (let from = 0; from < data.count; from += batchSize) {
    throwIfAborted(task.signal, 'validation');
    const indices = Array.from(
      { length: Math.min(batchSize, data.count - from) },
      (_, i) => from + i,
    );
    const { inputs, labels } = data.batch(indices, rng);
    const results = await session.run(inputs, [output]);
    correct += countCorrect(results[output], labels);
    await task.breathe();
  }
  return { correct, count: data.count };
}

function countCorrect(scores: RuntimeTensor | undefined, labels: RuntimeTensor): number {
  if (!(scores?.data instanceof Uint8Array) || !(labels.data instanceof Uint8Array))
    throw new Error('no scores');
  const classes = scores.dims[1] ?? 1;
  const values = new Float32Array(scores.data.slice().buffer);
  const wanted = new BigInt64Array(labels.data.slice().buffer);
  let correct = 0;
  wanted.forEach((label, row) => {
    const rowScores = values.subarray(row * classes, (row + 1) * classes);
    if (rowScores.indexOf(Math.max(...rowScores)) === Number(label)) correct++;
  });
  return correct;
}
