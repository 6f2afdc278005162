import type { Objective, ObjectiveTerm } from '../../../train/index.ts';
import type { LearningOptions } from '../learning-options.ts';
import type { TaughtOutput } from './taught-outputs.ts';

/** A place inside both models whose values are matched. */
export interface HintPlace {
  readonly student: string;
  readonly teacher: string;
}

/**
 * The loss of one lesson: class scores by soft labels, α · T² · KL + (1 − α) · cross-entropy (Hinton et al. 2015, §2) where there are hard labels for
 * them; embeddings by direction and values alike; everything else by squared error. Outputs weigh alike.
 */
export function teachingObjective(
  outputs: readonly TaughtOutput[],
  hints: readonly HintPlace[],
  { temperature, alpha }: Pick<LearningOptions, 'temperature' | 'alpha'>,
  labelled: TaughtOutput | undefined,
): Objective {
  const share = 1 / outputs.length;
  const terms = outputs.flatMap(({ name, kind, ...rest }): ObjectiveTerm[] => {
    const output = name;
    if (kind === 'values') return [{ kind: 'mse', output, weight: share }];
    if (kind === 'embedding')
      return [
        { kind: 'cosine', output, weight: share / 2 },
        { kind: 'mse', output, weight: share / 2 },
      ];
    const hard = labelled?.name === output ? 1 - alpha : 0;
    return [
      { kind: 'soft-labels' as const, output, weight: share * (1 - hard), temperature },
      { kind: 'cross-entropy' as const, output, weight: share * hard, smoothing: 0 },
    ].filter(({ weight }) => weight > 0 && rest.width > 0);
  });
  const matched = hints.map(
    (place): ObjectiveTerm => ({ kind: 'hint', ...place, weight: hintShare / hints.length }),
  );
  return { terms: [...terms, ...matched] };
}

/** All hints together weigh half of what the outputs do. */
const hintShare = 0.5;

/** Hard labels alone: what the control learns from. */
export const labelObjective = ({ name }: TaughtOutput): Objective => ({
  terms: [{ kind: 'cross-entropy', output: name, weight: 1, smoothing: 0 }],
});
