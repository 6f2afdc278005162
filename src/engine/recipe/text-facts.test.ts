import { describe, expect, it } from 'vitest';
import { openTokenizer, type Dataset, type TokenPlan } from '../data/index.ts';
import { letterFile } from '../data/testing/tiny-tokenizers.ts';
import { buildModel } from '../graph/index.ts';
import { type BoundData, probeFeeds } from './inputs.ts';
import { textFacts } from './text-facts.ts';

const tokenizer = await openTokenizer(letterFile);
const ids = { name: 'input_ids', dtype: 'int64', dims: ['batch', 'sequence'] } as const;
const model = buildModel(18, (change) => {
  change.addOutput(
    change.op('Identity', [change.addInput('input_ids', { kind: 'tensor', ...ids })]),
  );
});

/** Samples whose lengths in tokens are given; a letter is a token. */
function bound(lengths: readonly number[], change: Partial<TokenPlan> = {}): BoundData {
  const dataset: Dataset = {
    name: 'letters',
    kind: 'text',
    count: lengths.length,
    classes: undefined,
    labels: undefined,
    sampleDims: undefined,
    sample: (index) =>
      Promise.resolve({
        kind: 'tokens',
        ids: new Int32Array(lengths[index] ?? 0).fill(2),
        text: 'c'.repeat(lengths[index] ?? 0),
      }),
  };
  const all = Uint32Array.from(lengths.keys());
  const tokens: TokenPlan = {
    tokenizer,
    task: 'samples',
    length: 12,
    inputs: { ids, mask: undefined, types: undefined, positions: undefined },
    ...change,
  };
  const split = { measure: all, calibration: all, train: all, seed: 0 };
  return { dataset, split, tokens, preprocess: undefined as never };
}

describe('textFacts', () => {
  it('takes the median of the lengths for the usual one', async () => {
    const facts = await textFacts(bound([3, 12, 5, 9, 1]));
    expect(facts).toMatchObject({
      task: 'samples',
      vocabulary: 8,
      length: 12,
      dims: { sequence: 5 },
    });
  });

  it('takes the window of a language model, and nothing where the model fixes the length', async () => {
    const facts = await textFacts(bound([13, 13, 4], { task: 'language-model' }));
    expect(facts?.dims).toEqual({ sequence: 12 });
    const fixed = { ...bound([3]).tokens?.inputs, ids: { ...ids, dims: [1, 12] } } as const;
    const inputs = fixed as TokenPlan['inputs'];
    expect((await textFacts(bound([3], { inputs })))?.dims).toEqual({});
  });

  it('gives the beginning of a sentence as the example', async () => {
    const data = bound([3]);
    const sample = { kind: 'tokens', ids: new Int32Array(3), text: '' } as const;
    const saying = (text: string): BoundData => ({
      ...data,
      dataset: { ...data.dataset, sample: () => Promise.resolve({ ...sample, text }) },
    });
    const example = async (text: string) => (await textFacts(saying(text)))?.example;
    expect(await example('of the ship. “It was late in the evening when the Moss came')).toBe(
      '“It was late in the evening when the',
    );
    expect(await example('no end of a sentence here')).toBe('no end of a sentence here');
  });

  it('says nothing of what is no text', async () => {
    const { tokens: _, ...rest } = bound([3]);
    expect(await textFacts(rest)).toBeUndefined();
  });
});

describe('probeFeeds of text', () => {
  const lengthOf = async (data: BoundData, dims: Record<string, number>) =>
    (await probeFeeds(model, data, dims))['input_ids']?.dims;

  it('has the length that is set, cut from a sample that is long enough', async () => {
    const data = bound([3, 5, 11, 9]);
    expect(await lengthOf(data, { sequence: 7 })).toEqual([1, 7]);
    expect(await lengthOf(data, { sequence: 2 })).toEqual([1, 2]);
  });

  it('is as long as the longest sample where none is long enough, and never longer than the model reads', async () => {
    expect(await lengthOf(bound([3, 5, 4]), { sequence: 9 })).toEqual([1, 5]);
    expect(await lengthOf(bound([12, 12]), { sequence: 500 })).toEqual([1, 12]);
  });

  it('is a window of that length for a language model', async () => {
    const data = bound([13, 13], { task: 'language-model' });
    expect(await lengthOf(data, { sequence: 6 })).toEqual([1, 6]);
    expect(await lengthOf(data, { batch: 3, sequence: 6 })).toEqual([3, 6]);
  });

  it('is the first sample as it is where no length is set', async () => {
    expect(await lengthOf(bound([3, 11]), {})).toEqual([1, 3]);
  });
});
