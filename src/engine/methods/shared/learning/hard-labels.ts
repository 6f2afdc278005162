import type { LearningData } from '../../../train/index.ts';
import type { TaughtOutput } from './taught-outputs.ts';

/**
 * The one output that hard labels can be compared with: one row of scores a sample and a class for every label; or, where the data says at
 * every position what comes next (language models), one row a position.
 */
export function outputOfLabels(
  outputs: readonly TaughtOutput[],
  labels: Int32Array | undefined,
  labelledPositions: boolean,
): TaughtOutput | undefined {
  const candidates = outputs.filter(
    ({ kind, perSample }) => kind === 'classes' && perSample !== labelledPositions,
  );
  const [only] = candidates;
  if (only === undefined || candidates.length > 1) return undefined;
  if (labelledPositions) return only;
  if (labels === undefined || labels.length === 0) return undefined;
  return labels.every((label) => label >= 0 && label < only.width) ? only : undefined;
}

export const withoutLabels = (data: LearningData): LearningData => ({ ...data, labels: undefined });
