import { beforeAll, describe, expect, it } from 'vitest';
import type { Dataset, RawSample } from './dataset.ts';
import { batches } from './batches.ts';
import { letterFile, wordPieceFile } from './testing/tiny-tokenizers.ts';
import { tokenDataset } from './token-dataset.ts';
import { planTokens, type TokenPlan } from './token-plan.ts';
import { openTokenizer } from './tokenizer.ts';

const texts = (list: readonly string[], change: Partial<Dataset> = {}): Dataset => ({
  name: 'texts',
  kind: 'text',
  count: list.length,
  classes: undefined,
  labels: undefined,
  sampleDims: undefined,
  sample: (index) => Promise.resolve({ kind: 'text', text: list[index] ?? '' }),
  ...change,
});

const names = ['input_ids', 'attention_mask', 'token_type_ids', 'position_ids'];
const numbers = (tensor: { readonly data: unknown } | undefined): number[] =>
  tensor?.data instanceof Uint8Array
    ? Array.from(new BigInt64Array(tensor.data.slice().buffer), Number)
    : [];
const unused = {
  layout: 'NCHW',
  size: [1, 1],
  resize: 'none',
  channels: 'RGB',
  range: [0, 1],
  mean: [0],
  std: [1],
  classOffset: 0,
} as const;

async function firstBatch(dataset: Dataset, plan: TokenPlan, indices: readonly number[]) {
  const iterator = batches(dataset, Uint32Array.from(indices), unused, plan.inputs.ids, {
    batchSize: indices.length,
    tokens: plan,
  });
  const { value } = await iterator.next();
  if (value === undefined) throw new Error('no batch');
  return value;
}

async function planFor(
  file: unknown,
  output: readonly (number | string)[],
  contextLength: number,
  sequence: number | string = 's',
): Promise<TokenPlan> {
  const inputs = names.map((name) => ({ name, dtype: 'int64' as const, dims: ['n', sequence] }));
  return planTokens({ inputs, tokenizer: await openTokenizer(file), output, contextLength });
}

describe('samples of a classifier', () => {
  let plan: TokenPlan;
  let labelled: Dataset;
  beforeAll(async () => {
    plan = await planFor(wordPieceFile, ['n', 2], 5);
    labelled = texts(['mail', 'free mails! free mails!', 'a'], {
      labels: Int32Array.of(0, 1, 0),
      classes: ['ham', 'spam'],
    });
  });

  it('are filled up to the longest of the batch, masked behind their end', async () => {
    const batch = await firstBatch(await tokenDataset(labelled, plan), plan, [0, 1]);
    expect(batch.tensor.dims).toEqual([2, 5]);
    expect(numbers(batch.feeds['input_ids'])).toEqual([1, 6, 2, 0, 0, 1, 5, 6, 7, 2]);
    expect(numbers(batch.feeds['attention_mask'])).toEqual([1, 1, 1, 0, 0, 1, 1, 1, 1, 1]);
    expect(numbers(batch.feeds['token_type_ids'])).toEqual(Array(10).fill(0));
    expect(numbers(batch.feeds['position_ids'])).toEqual([0, 1, 2, 3, 4, 0, 1, 2, 3, 4]);
    expect([...(batch.labels ?? [])]).toEqual([0, 1]);
    expect(batch.targets).toBeUndefined();
    const short = await firstBatch(await tokenDataset(labelled, plan), plan, [0, 2]);
    expect(short.tensor.dims).toEqual([2, 3]);
  });

  it('keep the length that the model fixes', async () => {
    const fixed = await planFor(wordPieceFile, ['n', 2], 5, 4);
    const batch = await firstBatch(await tokenDataset(labelled, fixed), fixed, [2]);
    expect(batch.tensor.dims).toEqual([1, 4]);
    expect(numbers(batch.feeds['input_ids'])).toEqual([1, 4, 2, 0]);
  });

  it('keep their text, for people', async () => {
    const sample = await (await tokenDataset(labelled, plan)).sample(0);
    expect(sample).toMatchObject({ kind: 'tokens', text: 'mail' });
  });
});

describe('windows of a language model', () => {
  let plan: TokenPlan;
  beforeAll(async () => {
    plan = await planFor(letterFile, ['n', 's', 8], 3);
  });

  it('predict every token but the first once, across texts', async () => {
    const dataset = await tokenDataset(texts(['abc', 'de', 'fg', 'h']), plan);
    expect(dataset.count).toBe(3);
    const batch = await firstBatch(dataset, plan, [0, 1, 2]);
    expect(numbers(batch.feeds['input_ids'])).toEqual([0, 1, 2, 3, 4, 5, 6, 0, 0]);
    expect([...(batch.targets ?? [])]).toEqual([1, 2, 3, 4, 5, 6, 7, -1, -1]);
    expect(numbers(batch.feeds['attention_mask'])).toEqual([1, 1, 1, 1, 1, 1, 1, 0, 0]);
    expect(((await dataset.sample(1)) as Extract<RawSample, { kind: 'tokens' }>).text).toBe('defg');
  });

  it('keep the held-out part apart', async () => {
    const dataset = await tokenDataset(texts(['abcdefgh', 'ab', 'cd'], { testFrom: 1 }), plan);
    expect([dataset.count, dataset.testFrom]).toEqual([4, 3]);
    const batch = await firstBatch(dataset, plan, [2, 3]);
    expect([...(batch.targets ?? [])]).toEqual([7, -1, -1, 1, 2, 3]);
  });

  it('refuse a text without two tokens', async () => {
    await expect(tokenDataset(texts(['a']), plan)).rejects.toMatchObject({ code: 'data/empty' });
  });
});
