import type { TrainingCurves } from '../worker/protocol.ts';

/**
 * What the teacher was worth: the student against the same student taught by hard labels alone (`control`), on the same validation
 * samples. A difference within what validation varies by is no gain, and is called that.
 *
 * For shares (accuracy, agreement) of n samples, the margin is the 95 % interval of a difference of two proportions,
 * 1.96·√(p₁(1−p₁)/n + p₂(1−p₂)/n). The samples are the same for both, so the truth is narrower: it errs on the side of
 * "no gain". For other scores it is twice the spread of the difference over the later half of the epochs.
 */
export type Gain =
  | {
      readonly kind: 'gain' | 'none' | 'loss';
      readonly difference: number;
      readonly margin: number;
    }
  /** One was ended by hand before it had learnt as long as the other. */
  | { readonly kind: 'unequal' }
  /** Too few validations to tell. */
  | { readonly kind: 'unknown' };

type Score = NonNullable<TrainingCurves['report']['best']>;

const lowerIsBetter: ReadonlySet<Score['metric']> = new Set(['perplexity']);

export function gainOf(student: TrainingCurves, control: TrainingCurves): Gain {
  const a = student.report.best;
  const b = control.report.best;
  if (a === undefined || b === undefined || a.metric !== b.metric) return { kind: 'unknown' };
  if (student.report.step !== control.report.step) return { kind: 'unequal' };
  const margin = isShare(a) ? marginOfShares(a, b) : spread(student, control);
  if (margin === undefined) return { kind: 'unknown' };
  const difference = (a.value - b.value) * (lowerIsBetter.has(a.metric) ? -1 : 1);
  const kind = difference > margin ? 'gain' : difference < -margin ? 'loss' : 'none';
  return { kind, difference, margin };
}

const isShare = ({ metric }: Score): boolean => metric === 'accuracy' || metric === 'agreement';

/** undefined where it rests on nothing. */
function marginOfShares(a: Score, b: Score): number | undefined {
  if (a.samples === 0 || b.samples === 0) return undefined;
  // Wilson-like: a share of 0 or 1 on few samples is not certain, so a half sample is counted either way.
  const variance = ({ value, samples }: Score): number => {
    const share = (value * samples + 0.5) / (samples + 1);
    return (share * (1 - share)) / samples;
  };
  return 1.96 * Math.sqrt(variance(a) + variance(b));
}

function spread(student: TrainingCurves, control: TrainingCurves): number | undefined {
  const byEpoch = new Map(control.validation.map(({ epoch, value }) => [epoch, value]));
  const differences = student.validation.flatMap(({ epoch, value }) => {
    const other = byEpoch.get(epoch);
    return other === undefined ? [] : [value - other];
  });
  const late = differences.slice(Math.floor(differences.length / 2));
  if (late.length < 3) return undefined;
  const mean = late.reduce((sum, value) => sum + value, 0) / late.length;
  const variance = late.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (late.length - 1);
  return 2 * Math.sqrt(variance);
}
