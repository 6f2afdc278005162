import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNodeRuntime } from '../../src/cli/node-runtime.ts';
import { createRng, quietTask, unwrap } from '../../src/engine/core/index.ts';
import { type Dataset, openSamples, type Samples } from '../../src/engine/data/index.ts';
import { type Model, verify } from '../../src/engine/graph/index.ts';
import { readModel } from '../../src/engine/onnx/index.ts';
import type { Runtime } from '../../src/engine/runtime/index.ts';
import { imageBatches, type ImageSet, validate } from '../../src/engine/train/index.ts';

/** What `public/samples/` holds, against what it says of itself and what was asked of it. */
const file = (name: string): Uint8Array =>
  new Uint8Array(
    readFileSync(fileURLToPath(new URL(`../../public/samples/${name}`, import.meta.url))),
  );
const json = (name: string): unknown => JSON.parse(new TextDecoder().decode(file(name)));

interface Row {
  readonly name: string;
  readonly model: string;
  readonly data: string;
  readonly picture: string;
  readonly classes: readonly string[];
  readonly accuracy: number;
  readonly params: number;
  readonly sizeBytes: number;
  readonly license: string;
  readonly source: string;
}
/** Those of images; text has a test of its own. */
const rows = (json('index.json') as { samples: (Row & { tokenizer?: string })[] }).samples.filter(
  ({ tokenizer }) => tokenizer === undefined,
);

/**
 * Lowest accuracy on the whole test set, range of parameters, operators that must (not) be there.
 */
const asked = {
  digits: { accuracy: 0.99, params: [10_000, 100_000], has: ['MaxPool'], hasNot: ['Add'] },
  fashion: {
    accuracy: 0.91,
    params: [100_000, 300_000],
    has: ['Add'],
    hasNot: ['BatchNormalization'],
  },
  'fashion-mobile': {
    accuracy: 0.9,
    params: [10_000, 300_000],
    has: ['Add', 'Clip'],
    hasNot: ['BatchNormalization'],
  },
} as const;

async function firstImages(dataset: Dataset, count: number): Promise<ImageSet> {
  const images = new Uint8Array(count * 784);
  for (let i = 0; i < count; i++) {
    const sample = await dataset.sample(i);
    if (sample.kind !== 'pixels') throw new Error('not an image');
    images.set(sample.data, i * 784);
  }
  const labels = Uint8Array.from(dataset.labels?.subarray(0, count) ?? []);
  return { images, labels, height: 28, width: 28, channels: 1 };
}

describe('the bundled samples of images', () => {
  let runtime: Runtime;
  const opened = new Map<string, Promise<Samples>>();
  beforeAll(async () => {
    runtime = await createNodeRuntime('wasm', 1);
    for (const { data } of rows) if (!opened.has(data)) opened.set(data, openSamples(file(data)));
  });
  afterAll(() => runtime.dispose());

  it('are all there', () => {
    expect(rows.map(({ name }) => name)).toEqual(Object.keys(asked));
  });

  describe.each(rows)('$name', (row) => {
    const wanted = asked[row.name as keyof typeof asked];
    const bytes = file(row.model);
    const model: Model = unwrap(readModel(bytes));

    it('is what the index says', () => {
      expect(bytes.byteLength).toBe(row.sizeBytes);
      expect(verify(model)).toEqual([]);
      const trained = model.graph.constants.filter(({ constant }) => constant?.dtype === 'float32');
      const count = trained
        .map(({ constant }) => (constant?.dims.length === 0 ? 0 : (constant?.dims ?? [])))
        .reduce<number>((sum, dims) => sum + (dims === 0 ? 0 : dims.reduce((n, d) => n * d, 1)), 0);
      expect(count).toBe(row.params);
      expect(row.params).toBeGreaterThanOrEqual(wanted.params[0]);
      expect(row.params).toBeLessThanOrEqual(wanted.params[1]);
      expect(row.accuracy).toBeGreaterThanOrEqual(wanted.accuracy);
      expect([...file(row.picture).subarray(1, 4)]).toEqual([...new TextEncoder().encode('PNG')]);
      expect(row.license).not.toBe('');
      expect(row.source).toMatch(/https?:/);
      const log = json(`${row.name}/training-log.json`) as {
        testAccuracy: number;
        testCount: number;
      };
      expect(log.testAccuracy).toBe(row.accuracy);
      expect(log.testCount).toBe(10_000);
      expect(model.metadata.get('test_accuracy')).toBe(row.accuracy.toFixed(4));
      expect(JSON.parse(model.metadata.get('classes') ?? '[]')).toEqual(row.classes);
    });

    it('has the structure that was asked for', () => {
      const operators = model.graph.nodes.map((node) => node.opType);
      for (const opType of wanted.has) expect(operators).toContain(opType);
      for (const opType of wanted.hasNot) expect(operators).not.toContain(opType);
      const [image] = model.graph.inputs;
      expect(image?.name).toBe('image');
      expect(image?.type).toMatchObject({ dtype: 'float32', dims: ['batch', 1, 28, 28] });
      expect(model.opsets.get('')).toBeGreaterThanOrEqual(17);
    });

    it('comes with enough labelled images of every class', async () => {
      const { train, test } = await (opened.get(row.data) as Promise<Samples>);
      expect(train.count).toBeGreaterThanOrEqual(10_000);
      expect(test.count).toBeGreaterThanOrEqual(2_000);
      for (const split of [train, test])
        for (let label = 0; label < 10; label++) {
          const count = split.labels?.filter((each) => each === label).length ?? 0;
          expect(count / split.count).toBeGreaterThan(0.085);
          expect(count / split.count).toBeLessThan(0.12);
        }
    });

    it('classifies test images as well as it says', async () => {
      const { test } = await (opened.get(row.data) as Promise<Samples>);
      const count = 300;
      const session = await runtime.create({ bytes });
      const result = await validate(
        session,
        imageBatches(await firstImages(test, count), 'image'),
        100,
        quietTask,
      );
      await session.release();
      // Four standard deviations of a sample of this size.
      const deviation = Math.sqrt((row.accuracy * (1 - row.accuracy)) / count);
      expect(Math.abs(result.correct / count - row.accuracy)).toBeLessThan(4 * deviation);
      // Negative control: shuffled labels are not matched.
      const wrong = await firstImages(test, count);
      const rng = createRng(1);
      const shuffled = wrong.labels.map(() => rng.integer(10));
      const chance = await runtime.create({ bytes });
      const random = await validate(
        chance,
        imageBatches({ ...wrong, labels: shuffled }, 'image'),
        100,
        quietTask,
      );
      await chance.release();
      expect(random.correct / count).toBeLessThan(0.2);
    });
  });
});
