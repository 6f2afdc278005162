import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNodeRuntime } from '../../src/cli/node-runtime.ts';
import { createRng, memorySource, quietTask, unwrap } from '../../src/engine/core/index.ts';
import {
  openTextSamples,
  openTokenizer,
  type TextSamples,
  type TextTokenizer,
} from '../../src/engine/data/index.ts';
import { type Model, verify } from '../../src/engine/graph/index.ts';
import { accuracyOf, perplexityOf, predict, wilson } from '../../src/engine/measure/index.ts';
import { readModel, writeBytes } from '../../src/engine/onnx/index.ts';
import { bindText, type BoundDataset } from '../../src/engine/recipe/index.ts';
import { measureShapes, type Runtime, type RuntimeTensor } from '../../src/engine/runtime/index.ts';
import { adamw, crossEntropy, trainingGraph } from '../../src/engine/train/index.ts';
import { mail } from './architectures/mail.ts';
import { story } from './architectures/story.ts';
import { tokenRows } from './text/testing/token-rows.ts';

/** What `public/samples/` holds for text, against what it says of itself and what was asked of it. */
const file = (name: string): Uint8Array =>
  new Uint8Array(
    readFileSync(fileURLToPath(new URL(`../../public/samples/${name}`, import.meta.url))),
  );
const json = (name: string): unknown => JSON.parse(new TextDecoder().decode(file(name)));

interface Row {
  readonly name: string;
  readonly model: string;
  readonly data: string;
  readonly tokenizer: string;
  readonly classes?: readonly string[];
  readonly accuracy?: number;
  readonly testSamples?: number;
  readonly perplexity?: number;
  readonly testTokens?: number;
  readonly params: number;
  readonly sizeBytes: number;
  readonly license: string;
  readonly source: string;
}

const rows = (json('index.json') as { samples: Partial<Row>[] }).samples.filter(
  (row): row is Row => row.tokenizer !== undefined,
);
const rowOf = (name: string): Row => {
  const row = rows.find((each) => each.name === name);
  if (row === undefined) throw new Error(`index.json has no ${name}`);
  return row;
};

interface Opened {
  readonly row: Row;
  readonly model: Model;
  readonly samples: TextSamples;
  readonly tokenizer: TextTokenizer;
  readonly bound: BoundDataset;
}

async function open(name: string): Promise<Opened> {
  const row = rowOf(name);
  const model = unwrap(readModel(memorySource(file(row.model), row.model)));
  const samples = openTextSamples(file(row.data));
  const tokenizer = await openTokenizer(json(row.tokenizer));
  return { row, model, samples, tokenizer, bound: await bindText(model, samples.all, tokenizer) };
}

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createNodeRuntime('wasm', 1);
});
afterAll(() => runtime.dispose());

describe.each([
  {
    name: 'mail',
    millions: [1, 3],
    operators: ['Gather', 'LayerNormalization', 'Softmax', 'Erf', 'Where', 'Gemm'],
  },
  {
    name: 'story',
    millions: [1, 4],
    operators: ['Gather', 'LayerNormalization', 'Softmax', 'Erf', 'Where', 'Split'],
  },
])('$name', ({ name, millions, operators }) => {
  let opened: Opened;
  beforeAll(async () => {
    opened = await open(name);
  });

  it('is what the index and its log say', () => {
    const { row, model } = opened;
    expect(file(row.model).byteLength).toBe(row.sizeBytes);
    expect(row.sizeBytes).toBeLessThan(6.5e6);
    expect(verify(model)).toEqual([]);
    expect(row.params / 1e6).toBeGreaterThanOrEqual(millions[0]);
    expect(row.params / 1e6).toBeLessThanOrEqual(millions[1]);
    const { heldOut } = json(`${name}/training-log.json`) as {
      heldOut: { metric: string; value: number; samples: number };
    };
    expect(heldOut.value).toBe(row.accuracy ?? row.perplexity);
    expect(heldOut.samples).toBe(row.testSamples ?? row.testTokens);
    expect(model.metadata.get('held_out_metric')).toBe(heldOut.metric);
    expect(model.metadata.get('held_out_value')).toBe(heldOut.value.toFixed(4));
    expect(row.license).toMatch(/CC0|Public domain/);
    expect(row.source).toMatch(/https:/);
  });

  it('is open in batch and sequence, and made of the operators that PyTorch exports', () => {
    const { model, tokenizer } = opened;
    const used = new Set(model.graph.nodes.map((node) => node.opType));
    for (const opType of [
      ...operators,
      'Shape',
      'Concat',
      'Reshape',
      'Transpose',
      'MatMul',
      'Slice',
    ])
      expect(used).toContain(opType);
    for (const input of model.graph.inputs)
      expect(input.type).toMatchObject({ dtype: 'int64', dims: ['batch', 'sequence'] });
    expect(model.graph.inputs.map((input) => input.name)).toEqual(
      name === 'mail' ? ['input_ids', 'attention_mask'] : ['input_ids'],
    );
    expect(model.opsets.get('')).toBe(18);
    const table = model.graph.constants.find((value) => value.constant?.dims[0] === tokenizer.size);
    expect(table).toBeDefined();
  });

  it('is bound as what it is', () => {
    const { bound, samples, row } = opened;
    expect(bound.tokens?.task).toBe(name === 'mail' ? 'samples' : 'language-model');
    expect(bound.tokens?.length).toBe(128);
    expect(bound.dataset.classes).toEqual(row.classes);
    const { measure, calibration, train } = bound.split;
    const border = bound.dataset.testFrom ?? 0;
    expect(measure.every((index) => index >= border)).toBe(true);
    expect([...calibration, ...train].every((index) => index < border)).toBe(true);
    expect(samples.all.testFrom).toBeGreaterThan(0);
  });
});

describe('mail', () => {
  it('tells spam as well as it says, and shuffled labels badly', async () => {
    const { row, model, bound } = await open('mail');
    expect(row.accuracy).toBeGreaterThanOrEqual(0.95);
    expect(row.testSamples).toBeGreaterThan(1_000);
    const session = await runtime.create({ bytes: writeBytes(model) });
    const { dataset, preprocess, tokens } = bound;
    const indices = bound.split.measure.subarray(0, 96);
    const set = await predict({ session, dataset, indices, preprocess, tokens });
    await session.release();
    const measured = accuracyOf(set, 'top1');
    expect(measured?.samples).toBe(96);
    const { low } = wilson(Math.round((row.accuracy ?? 0) * 96), 96);
    expect(measured?.value).toBeGreaterThan(low - 0.02);
    const rng = createRng(1);
    const shuffled = { ...set, labels: Int32Array.from(indices, () => rng.integer(2)) };
    expect(accuracyOf(shuffled, 'top1')?.value).toBeLessThan(0.7);
  });

  it('reads a mail the same whatever fills its batch up', async () => {
    const { model } = await open('mail');
    const session = await runtime.create({ bytes: writeBytes(model) });
    const ids = [1, 40, 50, 60, 2];
    const run = async (filling: number): Promise<number[]> => {
      const all = [...ids, ...Array<number>(filling).fill(7)];
      const results = await session.run({
        input_ids: tokenRows([all]),
        attention_mask: tokenRows([all.map((_, i) => (i < ids.length ? 1 : 0))]),
      });
      return floatsOf(results['logits']);
    };
    const [alone, filled] = [await run(0), await run(20)];
    await session.release();
    filled.forEach((value, i) => expect(value).toBeCloseTo(alone[i], 4));
  });
});

describe('story', () => {
  it('predicts held-out text as well as it says, and text backwards badly', async () => {
    const { row, model, bound } = await open('story');
    expect(row.perplexity).toBeGreaterThan(1);
    expect(row.testTokens).toBeGreaterThan(20_000);
    const { dataset, preprocess, tokens } = bound;
    const session = await runtime.create({ bytes: writeBytes(model) });
    const indices = bound.split.measure.subarray(0, 16);
    const of = async (data: typeof dataset) =>
      perplexityOf(await predict({ session, dataset: data, indices, preprocess, tokens }));
    const measured = await of(dataset);
    const backwards = await of({
      ...dataset,
      sample: async (index) => {
        const sample = await dataset.sample(index);
        return sample.kind === 'tokens' ? { ...sample, ids: sample.ids.toReversed() } : sample;
      },
    });
    await session.release();
    // The interval is that of 16 windows; the whole has its own, much narrower one. Twice the width: four standard errors.
    const half = Math.log((measured?.high ?? 0) / (measured?.value ?? 1));
    expect(Math.abs(Math.log((measured?.value ?? 0) / (row.perplexity ?? 1)))).toBeLessThan(
      2 * half,
    );
    expect(backwards?.value).toBeGreaterThan(3 * (row.perplexity ?? Infinity));
  });

  it('does not look ahead', async () => {
    const { model } = await open('story');
    const session = await runtime.create({ bytes: writeBytes(model) });
    const scores = async (ids: readonly number[]): Promise<number[]> =>
      floatsOf((await session.run({ input_ids: tokenRows([ids]) }))['logits']);
    const long = await scores([300, 301, 302, 303, 304, 305]);
    const short = await scores([300, 301, 302]);
    const other = await scores([300, 301, 999]);
    await session.release();
    const vocabulary = short.length / 3;
    const apart = (a: readonly number[], b: readonly number[], at: number): number =>
      Math.max(
        ...a
          .slice(at * vocabulary, (at + 1) * vocabulary)
          .map((value, i) => Math.abs(value - b[at * vocabulary + i])),
      );
    for (const at of [0, 1, 2]) expect(apart(short, long, at)).toBeLessThan(1e-3);
    expect(apart(short, other, 1)).toBeLessThan(1e-3);
    expect(apart(short, other, 2)).toBeGreaterThan(0.1);
  });
});

describe.each([mail, story])('$name, untrained', (architecture) => {
  it('learns in every weight', async () => {
    const model = architecture.build(300, createRng(1));
    const ids = tokenRows([Array(8).fill(5), Array(8).fill(9)]);
    const feeds: Record<string, RuntimeTensor> = { input_ids: ids };
    if (architecture.name === 'mail')
      feeds['attention_mask'] = tokenRows([Array(8).fill(1), Array(8).fill(1)]);
    const shapes = await measureShapes(model, runtime, feeds, quietTask);
    const graph = trainingGraph(model, {
      shapes,
      loss: crossEntropy({ smoothing: 0 }),
      optimizer: adamw({ weightDecay: 0 }),
    });
    const learning = new Set(
      graph.state.filter((slot) => slot.role === 'weight').map((slot) => slot.of.name),
    );
    const weights = model.graph.constants.filter(
      ({ constant }) => constant?.dtype === 'float32' && constant.dims.length > 0,
    );
    expect(weights.length).toBeGreaterThan(40);
    expect(weights.map(({ name }) => name).filter((name) => !learning.has(name))).toEqual([]);
  });
});

const floatsOf = (tensor: RuntimeTensor | undefined): number[] =>
  tensor?.data instanceof Uint8Array ? [...new Float32Array(tensor.data.slice().buffer)] : [];
