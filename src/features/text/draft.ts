import type { ContinuationOrder } from '../../store/index.ts';

/** What stands in the form: numbers as they are typed. */
export interface Draft {
  readonly prompt: string;
  readonly mode: 'greedy' | 'sampled';
  readonly temperature: string;
  readonly seed: string;
  readonly tokens: string;
}

export const limits = {
  temperature: { min: 0.1, max: 2, step: 0.1 },
  seed: { min: 0, max: 9999, step: 1 },
  tokens: { min: 1, max: 256, step: 1 },
} as const;

/** How many of the likeliest tokens chance draws from. */
export const candidates = 40;

/** The form as it was asked last, else as it is at first. */
export function draftOf(order: ContinuationOrder | undefined, example: string): Draft {
  const sampling = order?.sampling ?? { kind: 'greedy' };
  const sampled = sampling.kind === 'sampled' ? sampling : { temperature: 0.8, seed: 1 };
  return {
    prompt: order?.prompt ?? example,
    mode: sampling.kind,
    temperature: String(sampled.temperature),
    seed: String(sampled.seed),
    tokens: String(order?.tokens ?? 60),
  };
}

type Numbers = { readonly [Name in keyof typeof limits]: number | undefined };

/** undefined for what is no number of its range. */
export function readDraft(draft: Draft): Numbers {
  const read = (name: keyof typeof limits): number | undefined => {
    const { min, max, step } = limits[name];
    const text = draft[name].trim();
    const value = Number(text);
    const fits = text !== '' && value >= min && value <= max;
    return fits && (step < 1 || Number.isInteger(value)) ? value : undefined;
  };
  return { temperature: read('temperature'), seed: read('seed'), tokens: read('tokens') };
}

/** undefined while something is missing. */
export function orderOf(draft: Draft): ContinuationOrder | undefined {
  const { temperature, seed, tokens } = readDraft(draft);
  const { prompt, mode } = draft;
  if (prompt.trim() === '' || tokens === undefined) return undefined;
  if (mode === 'greedy') return { prompt, tokens, sampling: { kind: 'greedy' } };
  if (temperature === undefined || seed === undefined) return undefined;
  return { prompt, tokens, sampling: { kind: 'sampled', temperature, topK: candidates, seed } };
}
