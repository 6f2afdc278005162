import { EngineError, type Rng } from '../core/index.ts';
import { topClasses } from './class-scores.ts';

/**
 * How the next token is chosen from its scores. `greedy`: the highest. `sampled`: by chance, among the `topK` highest, with the probabilities
 * softmax(score ÷ temperature) (Fan et al. 2018): below 1 the likely ones get likelier, above 1 all get more alike. The same seed
 * draws the same numbers, so that two models that agree go on with the same words.
 */
export type Sampling =
  | { readonly kind: 'greedy' }
  | {
      readonly kind: 'sampled';
      /** Above 0. */
      readonly temperature: number;
      /** From 1 up. */
      readonly topK: number;
      readonly seed: number;
    };

/** Throws `argument/invalid` for a temperature or a number of candidates that mean nothing. */
export function checkSampling(sampling: Sampling): void {
  if (sampling.kind === 'greedy') return;
  const { temperature, topK } = sampling;
  if (!(temperature > 0 && Number.isFinite(temperature)))
    throw invalid('temperature', `${temperature} is not above 0`);
  if (!(Number.isInteger(topK) && topK >= 1))
    throw invalid('topK', `${topK} is not a number of candidates`);
}

const invalid = (where: string, detail: string): EngineError =>
  new EngineError('argument/invalid', { where, detail });

/** `scores`: `[vocabulary]` logits. Throws `runtime/run-failed` where none is a number. */
export function chooseToken(scores: Float32Array, sampling: Sampling, rng: Rng): number {
  const best = topClasses(scores, sampling.kind === 'greedy' ? 1 : sampling.topK);
  const [first = 0] = best;
  const top = scores[first] ?? Number.NaN;
  if (!Number.isFinite(top))
    throw new EngineError('runtime/run-failed', {
      where: 'the next token',
      detail: 'the model gives scores that are no numbers',
    });
  if (sampling.kind === 'greedy') return first;
  // Divided after the highest is taken off, so that no power overflows; NaN has no chance.
  const weights = Array.from(best, (id) => {
    const weight = Math.exp(((scores[id] ?? Number.NaN) - top) / sampling.temperature);
    return Number.isNaN(weight) ? 0 : weight;
  });
  let left = rng.next() * weights.reduce((sum, weight) => sum + weight, 0);
  const chosen = weights.findIndex((weight) => (left -= weight) < 0);
  return best[chosen] ?? first;
}
