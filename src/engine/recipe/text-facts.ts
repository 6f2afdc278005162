import type { BoundData } from './inputs.ts';
import { sequenceKey } from './sequence-key.ts';

/** What can be said of a text that is bound to a model. */
export interface TextFacts {
  readonly task: 'samples' | 'language-model';
  /** The tokenizer's file. */
  readonly tokenizer: string;
  /** Tokens that it knows. */
  readonly vocabulary: number;
  /** Tokens per sample, at most. */
  readonly length: number;
  /**
   * Sizes of open dimensions as the data has them: the sequence is as long as a usual sample (the median of some; a language model's windows
   * are all of one length). Latency is measured at this length unless the user sets another.
   */
  readonly dims: Readonly<Record<string, number>>;
  /** Some words of a text that is measured on: what a sentence begins with. */
  readonly example: string;
}

/** Samples whose lengths are looked at. */
const looked = 64;
const exampleWords = 8;

/** undefined where the data is no text. */
export async function textFacts({
  dataset,
  split,
  tokens,
}: BoundData): Promise<TextFacts | undefined> {
  if (tokens === undefined) return undefined;
  const { task, tokenizer, length } = tokens;
  const key = sequenceKey(tokens);
  const first = await dataset.sample(split.measure[0] ?? 0);
  const text = first.kind === 'tokens' ? first.text : '';
  return {
    task,
    tokenizer: tokenizer.name,
    vocabulary: tokenizer.size,
    length,
    dims:
      key === undefined
        ? {}
        : { [key]: task === 'language-model' ? length : await usualLength(dataset, split) },
    example: firstSentence(text).split(/\s+/).slice(0, exampleWords).join(' '),
  };
}

/** Windows begin anywhere: from the first sentence that begins in it, where one does. */
const firstSentence = (text: string): string =>
  (/[.!?]["”’)]*\s+([\p{Lu}"“].*)/su.exec(text)?.[1] ?? text).trim();

async function usualLength(
  dataset: BoundData['dataset'],
  { calibration, measure }: BoundData['split'],
): Promise<number> {
  const indices = calibration.length > 0 ? calibration : measure;
  const lengths: number[] = [];
  for (const index of indices.subarray(0, looked)) {
    const sample = await dataset.sample(index);
    if (sample.kind === 'tokens') lengths.push(sample.ids.length);
  }
  return lengths.toSorted((a, b) => a - b)[lengths.length >> 1] ?? 1;
}
