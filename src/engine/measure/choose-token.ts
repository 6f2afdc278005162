import { EngineError, type Rng } from '../core/index.ts';
import { topClasses } from './class-scores.ts';

/**
 * How the next token is chosen from its scores. `greedy`: the highest. `sampled`: by chance, among the `topK` highest, with the probabilities
 * softmax(score ÷ temperature) (Fan et al. 2018): below 1 the likely ones get likelier, above 1 all get more alike.
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

/**
 * `scores`: `[vocabulary]` logits. Throws `runtime/run-failed` where none is a number.
 *
 * Chance by the Gumbel-max trick: argmax of score ÷ temperature − ln(−ln uᵢ), a uniform uᵢ for every token of the vocabulary, has just those
 * probabilities. So with the same seed two models give each token the same luck, and their texts part only where their scores do.
 */
export function chooseToken(scores: Float32Array, sampling: Sampling, rng: Rng): number {
  const candidates = topClasses(scores, sampling.kind === 'greedy' ? 1 : sampling.topK);
  const [first = 0] = candidates;
  if (!Number.isFinite(scores[first]))
    throw new EngineError('runtime/run-failed', {
      where: 'the next token',
      detail: 'the model gives scores that are no numbers',
    });
  if (sampling.kind === 'greedy') return first;
  const luck = Float64Array.from(scores, () => -Math.log(-Math.log(rng.next() || tiniest)));
  let best = { id: first, value: Number.NEGATIVE_INFINITY };
  for (const id of candidates) {
    const value = (scores[id] ?? Number.NaN) / sampling.temperature + (luck[id] ?? 0);
    if (value > best.value) best = { id, value };
  }
  return best.id;
}

/** Stands for a draw of 0, of which there is no logarithm. */
const tiniest = 2 ** -33;
