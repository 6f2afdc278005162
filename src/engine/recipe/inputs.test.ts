import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNodeRuntime } from '../../cli/node-runtime.ts';
import { EngineError, quietTask } from '../core/index.ts';
import { plainChain, tinyModel } from '../methods/testing/tiny-models.ts';
import { toModelFile } from '../onnx/index.ts';
import type { Feeds, Runtime, RuntimeTensor } from '../runtime/index.ts';
import { batchSizeFor, calibrationFeeds, dataInput, probeFeeds } from './inputs.ts';
import { observe, qualityOf } from './observe.ts';
import { bindCounting, countingData } from './testing/run-tiny.ts';

const chain = plainChain();
/** The batch is fixed, and there is a second input that data does not fill. */
const fixed = tinyModel((b) => {
  const image = b.input([4, 3, 8, 8], 'image');
  const shift = b.input([1], 'shift');
  b.output(b.op('Add', [image, shift]));
});

const numbers = (tensor: RuntimeTensor | undefined): Float32Array =>
  new Float32Array(Uint8Array.from(tensor?.data as Uint8Array).buffer);

async function all(batches: AsyncIterable<Feeds>): Promise<Feeds[]> {
  const list: Feeds[] = [];
  for await (const feeds of batches) list.push(feeds);
  return list;
}

describe('the input that data fills', () => {
  it('is the first that takes a tensor; its batch is what the model fixes', () => {
    expect(dataInput(chain)).toEqual({ name: 'x', dtype: 'float32', dims: ['N', 3, 8, 8] });
    expect(batchSizeFor(chain, 32)).toEqual({ size: 32, pad: false });
    expect(batchSizeFor(fixed, 32)).toEqual({ size: 4, pad: true });
  });

  it('is missed where the model takes none', () => {
    const constant = tinyModel((b) => b.output(b.op('Identity', [b.weight('w', [2])])));
    expect(() => dataInput(constant)).toThrow(EngineError);
  });
});

describe('probeFeeds', () => {
  it('is one sample kept for calibration, never one that measures', async () => {
    const data = bindCounting(countingData(10), 3);
    const { x } = await probeFeeds(chain, data, {});
    expect(x?.dims).toEqual([1, 3, 8, 8]);
    expect(numbers(x)[0]).toBe(0);
    const two = await probeFeeds(chain, data, { N: 2 });
    expect(two['x']?.dims).toEqual([2, 3, 8, 8]);
    expect(numbers(two['x'])[192]).toBe(1);
  });

  it('fills a fixed batch, and makes up the other inputs', async () => {
    const feeds = await probeFeeds(fixed, bindCounting(countingData(10), 3), {});
    expect(feeds['image']?.dims).toEqual([4, 3, 8, 8]);
    // Three calibration samples fill four places: the first stands twice.
    expect([0, 192, 384, 576].map((at) => numbers(feeds['image'])[at])).toEqual([0, 1, 2, 0]);
    expect(feeds['shift']?.dims).toEqual([1]);
  });

  it('is the same made-up input every time where there is no data', async () => {
    const [a, b] = [await probeFeeds(chain, undefined, {}), await probeFeeds(chain, undefined, {})];
    expect(a).toEqual(b);
    expect(new Set(numbers(a['x'])).size).toBeGreaterThan(100);
  });
});

describe('calibrationFeeds', () => {
  it('gives the calibration samples in order, in batches, and no other', async () => {
    const data = bindCounting(countingData(60), 40);
    const given = await all(calibrationFeeds(chain, data, {}, quietTask));
    expect(given.map(({ x }) => x?.dims[0])).toEqual([32, 8]);
    const firsts = given.flatMap(({ x }) => numbers(x).filter((_, i) => i % 192 === 0));
    expect(firsts.flatMap((list) => [...list])).toEqual(Array.from({ length: 40 }, (_, i) => i));
  });

  it('gives sixteen different made-up batches, the same every time, where there is no data', async () => {
    const given = await all(calibrationFeeds(chain, undefined, {}, quietTask));
    expect(given).toHaveLength(16);
    expect(new Set(given.map(({ x }) => numbers(x)[0])).size).toBe(16);
    expect(await all(calibrationFeeds(chain, undefined, {}, quietTask))).toEqual(given);
  });
});

describe('observe', () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await createNodeRuntime('wasm', 1);
  });
  afterAll(() => runtime.dispose());

  const labelled = bindCounting(countingData(30, new Int32Array(30).fill(3)), 10);
  const look = async (model: typeof chain, data: typeof labelled | undefined, samples = 100) => {
    const session = await runtime.create(toModelFile(model));
    const source = 'user' as const;
    const seen = await observe({
      model,
      session,
      data,
      source,
      samples,
      dims: {},
      task: quietTask,
    });
    await session.release();
    return seen;
  };

  it('predicts the samples that measure, at most as many as asked for', async () => {
    const seen = await look(chain, labelled);
    expect([...(seen.predictions?.indices ?? [])]).toEqual(
      Array.from({ length: 20 }, (_, i) => 10 + i),
    );
    expect(seen.inputs).toBe('user');
    expect((await look(chain, labelled, 5)).predictions?.indices).toHaveLength(5);
  });

  it('counts labels for accuracy, and compares a model with itself as equal', async () => {
    const seen = await look(chain, labelled);
    const { accuracy, top5, fidelity } = qualityOf(seen, seen);
    const { topClasses, kept } = seen.predictions!;
    const right = Array.from({ length: 20 }, (_, i) => topClasses[i * kept]).filter(
      (top) => top === 3,
    ).length;
    expect([accuracy?.value, accuracy?.samples]).toEqual([right / 20, 20]);
    expect(top5?.value).toBeGreaterThanOrEqual(accuracy?.value ?? 1);
    expect([fidelity.top1Agreement, fidelity.sqnrDb, fidelity.maxAbsError]).toEqual([
      1,
      Infinity,
      0,
    ]);
  });

  it('says that inputs are synthetic where there is no data, or data fills one of several', async () => {
    expect(await look(chain, undefined)).toMatchObject({
      inputs: 'synthetic',
      predictions: undefined,
    });
    const several = await look(fixed, labelled);
    expect(several).toMatchObject({ inputs: 'synthetic', predictions: undefined });
    expect(qualityOf(several, several).accuracy).toBeUndefined();
  });
});
