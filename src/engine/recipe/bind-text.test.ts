import { describe, expect, it } from 'vitest';
import { memorySource, quietTask } from '../core/index.ts';
import { openTokenizer, type Dataset } from '../data/index.ts';
import { letterFile, wordPieceFile } from '../data/testing/tiny-tokenizers.ts';
import { buildModel, edit, intAttribute, type Model } from '../graph/index.ts';
import { float32Tensor } from '../tensor/index.ts';
import { bindAny, bindText } from './bind-text.ts';
import { calibrationFeeds, probeFeeds } from './inputs.ts';
import { learningData } from './learning-data.ts';

const open = { kind: 'tensor', dtype: 'int64', dims: ['batch', 'sequence'] } as const;

/** input_ids → scores [batch, sequence, width]; with `pooled` [batch, width]. */
const tinyModel = (width: number, inputs: readonly string[], pooled: boolean): Model =>
  buildModel(18, (change) => {
    const [ids] = inputs.map((name) => change.addInput(name, open));
    const table = change.addConstant('table', float32Tensor([9, width], Array(9 * width).fill(1)));
    const rows = change.op('Gather', [table, ids], { axis: intAttribute(0) });
    const scores = pooled
      ? change.op('ReduceMean', [rows, change.addConstant('axis', float32Tensor([1], [1]))])
      : rows;
    change.setType(scores, {
      kind: 'tensor',
      dtype: 'float32',
      dims: pooled ? ['batch', width] : ['batch', 'sequence', width],
    });
    change.addOutput(scores);
  });

const texts = (list: readonly string[], change: Partial<Dataset> = {}): Dataset => ({
  name: 'texts',
  kind: 'text',
  count: list.length,
  classes: undefined,
  labels: undefined,
  sampleDims: undefined,
  testFrom: list.length - 1,
  sample: (index) => Promise.resolve({ kind: 'text', text: list[index] ?? '' }),
  ...change,
});

const json = (content: unknown, name = 'tokenizer.json') =>
  memorySource(new TextEncoder().encode(JSON.stringify(content)), name);
const values = (tensor: { readonly data: unknown } | undefined): number[] =>
  tensor?.data instanceof Uint8Array
    ? Array.from(new BigInt64Array(tensor.data.slice().buffer), Number)
    : [];

describe('bindText', () => {
  it('reads the length that the file states', async () => {
    const model = edit(tinyModel(8, ['input_ids'], false), (change) =>
      change.setMetadata('context_length', '4'),
    );
    const bound = await bindText(
      model,
      texts(['abcdefgh', 'abc']),
      await openTokenizer(letterFile),
    );
    expect(bound.tokens).toMatchObject({ task: 'language-model', length: 4 });
    expect([bound.dataset.count, bound.dataset.testFrom]).toEqual([3, 2]);
    expect([...bound.split.measure]).toEqual([2]);
    expect(bound.guess.reasons.join(' ')).toContain('windows of 4 tokens');
  });

  it('feeds every input of the model: one real sample to probe, batches to calibrate', async () => {
    const inputs = ['input_ids', 'attention_mask'];
    const model = tinyModel(2, inputs, true);
    const dataset = texts(['mail', 'free mails!', 'a'], { labels: Int32Array.of(0, 1, 0) });
    const bound = await bindText(model, dataset, await openTokenizer(wordPieceFile));
    const probe = await probeFeeds(model, bound, {});
    expect(Object.keys(probe).toSorted()).toEqual(inputs.toSorted());
    expect(values(probe['input_ids'])[0]).toBe(1);
    for await (const feeds of calibrationFeeds(model, bound, {}, quietTask)) {
      expect(feeds['input_ids']?.dims).toEqual([2, 6]);
      expect(values(feeds['attention_mask']).reduce((a, b) => a + b)).toBe(9);
    }
  });

  it('refuses a model with an input that text does not fill', async () => {
    const model = tinyModel(2, ['input_ids', 'past_key_values.0'], true);
    await expect(
      bindText(model, texts(['a']), await openTokenizer(letterFile)),
    ).rejects.toMatchObject({ code: 'data/mismatch', where: 'input "past_key_values.0"' });
  });
});

describe('bindAny', () => {
  const model = tinyModel(2, ['input_ids'], true);

  it('takes the tokenizer that came with the text before that of the model', async () => {
    const dataset = texts(['a', 'b'], { tokenizerFile: json(letterFile, 'own.json') });
    const bound = await bindAny(model, dataset, json(wordPieceFile));
    expect(bound.tokens?.tokenizer.name).toBe('own.json');
    const { tokenizerFile: _, ...without } = dataset;
    const second = await bindAny(model, without, json(wordPieceFile));
    expect(second.tokens?.tokenizer.size).toBe(9);
  });

  it('says what is missing without one, and what is wrong with a broken one', async () => {
    await expect(bindAny(model, texts(['a']), undefined)).rejects.toMatchObject({
      code: 'data/mismatch',
      hint: expect.stringContaining('tokenizer.json'),
    });
    const broken = memorySource(new TextEncoder().encode('{'), 'tokenizer.json');
    await expect(bindAny(model, texts(['a']), broken)).rejects.toMatchObject({
      code: 'data/unreadable',
      where: 'tokenizer.json',
    });
  });
});

describe('text to learn from', () => {
  it('has one length, labels per text, and nothing that measures', async () => {
    const model = tinyModel(2, ['input_ids', 'attention_mask'], true);
    const dataset = texts(['mail', 'free mails!', 'a'], { labels: Int32Array.of(0, 1, 1) });
    const bound = await bindText(model, dataset, await openTokenizer(wordPieceFile));
    const data = await learningData(model, bound, {});
    expect(data.count).toBe(2);
    const batch = await data.batch([0, 1]);
    expect(batch.inputs['input_ids']?.dims).toEqual([2, 128]);
    expect(batch.inputs['attention_mask']?.dims).toEqual([2, 128]);
    expect(batch.labels.dims).toEqual([2]);
    expect(values(batch.labels).toSorted((a, b) => a - b)).toEqual([0, 1]);
  });

  it('has the next tokens as labels for a language model', async () => {
    const model = edit(tinyModel(8, ['input_ids'], false), (change) =>
      change.setMetadata('context_length', '3'),
    );
    const dataset = texts(['abcdefgh', 'ab']);
    const bound = await bindText(model, dataset, await openTokenizer(letterFile));
    const data = await learningData(model, bound, {});
    expect([data.count, data.labels]).toEqual([3, undefined]);
    const { inputs, labels } = await data.batch([0, 1, 2]);
    expect(labels.dims).toEqual([3, 3]);
    const [ids, next] = [values(inputs['input_ids']), values(labels)];
    ids.forEach((id, at) => {
      if (next[at] !== -1) expect(next[at]).toBe(id + 1);
    });
    expect(next.filter((token) => token === -1)).toHaveLength(2);
  });
});
