import type { CheckpointStore, LearnRequest } from '../learning.ts';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './checkpoint.ts';
import { fitsWeights } from './with-weights.ts';

/**
 * What of a request decides its steps, in a form to compare: a checkpoint of another request under the same key (an older version of the
 * recipe, other data of the same name) is not gone on from.
 */
export const signatureOf = ({
  student,
  trainable,
  masked,
  objective,
  data,
  settings,
}: LearnRequest): string =>
  JSON.stringify({
    objective,
    settings,
    data: [data.name, data.count, data.labels?.length ?? -1],
    constants: student.graph.constants.map(({ name, constant }) => [name, constant?.dims]),
    trainable: trainable && [...trainable].toSorted(),
    masked: masked && [...masked].toSorted(),
  });

/** undefined where there is none that belongs to the request and is whole. */
export async function loadCheckpoint(
  request: LearnRequest,
  store: CheckpointStore | undefined,
  signature: string,
): Promise<Checkpoint | undefined> {
  const bytes = await store?.load(request.key);
  const found = bytes && decodeCheckpoint(bytes);
  if (found?.signature !== signature || !fitsWeights(request.student, found.weights))
    return undefined;
  return found;
}

export const saveCheckpoint = async (
  request: LearnRequest,
  store: CheckpointStore | undefined,
  checkpoint: Checkpoint,
): Promise<void> => {
  await store?.save(request.key, encodeCheckpoint(checkpoint));
};
