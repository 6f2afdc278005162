import { describe, expect, it } from 'vitest';
import { EngineError } from '../core/index.ts';
import type { Dataset, Preprocess } from '../data/index.ts';
import type { RuntimeTensor, Session } from '../runtime/index.ts';
import { accuracyOf, discordant } from './accuracy.ts';
import { measureFidelity } from './fidelity.ts';
import { collectOutputs } from './output-set.ts';
import { predict } from './predict.ts';
import { createFakeMachine, createFakeSession } from './testing/fake-session.ts';

const preprocess: Preprocess = {
  layout: 'NCHW',
  size: [1, 7],
  resize: 'none',
  channels: 'GRAY',
  range: [0, 255],
  mean: [0],
  std: [1],
  classOffset: 0,
};

/** Samples of seven scores; the model hands them through, so that the right answers are known. */
function scoresDataset(
  rows: readonly (readonly number[])[],
  labels: readonly number[] | undefined,
): Dataset {
  return {
    name: 'scores',
    kind: 'arrays',
    count: rows.length,
    classes: undefined,
    labels: labels && Int32Array.from(labels),
    sampleDims: [7],
    sample: (index) =>
      Promise.resolve({ kind: 'array', dims: [7], data: Float32Array.from(rows[index] ?? []) }),
  };
}

interface Model {
  readonly batch: number | string;
  readonly outputDims?: (rows: number) => number[];
  readonly change?: (value: number, at: number) => number;
  readonly onBatch?: (rows: number) => void;
}

function identityModel({
  batch,
  outputDims = (rows) => [rows, 7],
  change = (value) => value,
  onBatch,
}: Model): Session {
  return createFakeSession(createFakeMachine(1), {
    runMs: 1,
    inputs: [{ name: 'in', dtype: 'float32', dims: [batch, 7] }],
    outputs: [{ name: 'out', dtype: 'float32', dims: [batch, 7] }],
    compute: (feeds) => {
      const tensor = feeds['in'] as RuntimeTensor;
      const rows = tensor.dims[0] as number;
      onBatch?.(rows);
      const values = new Float32Array((tensor.data as Uint8Array).slice().buffer).map(change);
      return {
        out: { dtype: 'float32', dims: outputDims(rows), data: new Uint8Array(values.buffer) },
      };
    },
  });
}

const rows = Array.from({ length: 70 }, (_, i) =>
  Array.from({ length: 7 }, (_unused, c) => (c === i % 7 ? 5 : -((c + i) % 7))),
);
const all = Uint32Array.from({ length: 70 }, (_, i) => i);
const rightFor = (share: number): number[] =>
  rows.map((_, i) => (i < 70 * share ? i % 7 : (i + 1) % 7));

describe('predict and accuracyOf', () => {
  it('count what is right, with the Wilson interval', async () => {
    const set = await predict({
      session: identityModel({ batch: 'N' }),
      dataset: scoresDataset(rows, rightFor(0.8)),
      indices: all,
      preprocess,
    });
    const accuracy = accuracyOf(set, 'top1');
    // Wilson for 56 of 70, by hand: centre (0.8 + 1.9207/70)/(1 + 3.8415/70), half width likewise.
    expect(accuracy).toMatchObject({ metric: 'top1', value: 0.8, samples: 70 });
    expect(accuracy?.low).toBeCloseTo(0.6918, 3);
    expect(accuracy?.high).toBeCloseTo(0.877, 3);
    expect(set.classes).toBe(7);
    expect(set.kept).toBe(5);
    const expected = Math.exp(5) / (rows[0] ?? []).reduce((sum, score) => sum + Math.exp(score), 0);
    expect(set.topScores[0]).toBeCloseTo(expected, 6);
  });

  it('find the label among the first five', async () => {
    const dataset = scoresDataset(
      [
        [7, 6, 5, 4, 3, 2, 1],
        [7, 6, 5, 4, 3, 2, 1],
      ],
      [4, 5],
    );
    const set = await predict({
      session: identityModel({ batch: 'N' }),
      dataset,
      indices: Uint32Array.of(0, 1),
      preprocess,
    });
    expect([...set.topClasses]).toEqual([0, 1, 2, 3, 4, 0, 1, 2, 3, 4]);
    expect(accuracyOf(set, 'top5')?.value).toBe(0.5);
    expect(accuracyOf(set, 'top1')?.value).toBe(0);
  });

  it('give no accuracy without labels', async () => {
    const set = await predict({
      session: identityModel({ batch: 'N' }),
      dataset: scoresDataset(rows, undefined),
      indices: all,
      preprocess,
    });
    expect(accuracyOf(set, 'top1')).toBeUndefined();
  });

  it('add the class offset to the label', async () => {
    const set = await predict({
      session: identityModel({ batch: 'N' }),
      dataset: scoresDataset([[0, 9, 0, 0, 0, 0, 0]], [0]),
      indices: Uint32Array.of(0),
      preprocess: { ...preprocess, classOffset: 1 },
    });
    expect(accuracyOf(set, 'top1')?.value).toBe(1);
  });

  it('respect a fixed batch by filling the last one up', async () => {
    const seen: number[] = [];
    const session = identityModel({ batch: 16, onBatch: (count) => seen.push(count) });
    const set = await predict({
      session,
      dataset: scoresDataset(rows, rightFor(0.8)),
      indices: all,
      preprocess,
    });
    expect(seen).toEqual([16, 16, 16, 16, 16]);
    expect(accuracyOf(set, 'top1')?.value).toBe(0.8);
    expect(set.outputs.samples).toBe(70);
  });

  it('give the same predictions whatever the batch', async () => {
    const run = (batch: number | string, batchSize?: number) =>
      predict({
        session: identityModel({ batch }),
        dataset: scoresDataset(rows, rightFor(0.8)),
        indices: all,
        preprocess,
        ...(batchSize ? { batchSize } : {}),
      });
    const one = await run('N', 1);
    for (const other of [await run('N'), await run('N', 64), await run(8)]) {
      expect(other.topClasses).toEqual(one.topClasses);
      expect(other.outputs).toEqual(one.outputs);
    }
  });

  it('run one by one where an open batch is only declared', async () => {
    const refusing = identityModel({
      batch: 'N',
      onBatch: (count) => {
        if (count > 1)
          throw new EngineError('runtime/run-failed', { where: 'run', detail: 'reshape' });
      },
    });
    const set = await predict({
      session: refusing,
      dataset: scoresDataset(rows, rightFor(1)),
      indices: all,
      preprocess,
    });
    expect(accuracyOf(set, 'top1')?.value).toBe(1);
  });

  it('refuse a model of several inputs and no samples', async () => {
    const session = identityModel({ batch: 'N' });
    const two: Session = { ...session, inputs: [...session.inputs, ...session.inputs] };
    const dataset = scoresDataset(rows, undefined);
    await expect(
      predict({ session: two, dataset, indices: all, preprocess }),
    ).rejects.toMatchObject({ code: 'data/mismatch' });
    await expect(
      predict({ session, dataset, indices: new Uint32Array(), preprocess }),
    ).rejects.toMatchObject({ code: 'data/empty' });
  });

  it('rank nothing when the output is no row of class scores', async () => {
    const session = identityModel({ batch: 1, outputDims: () => [7, 1] });
    const set = await predict({
      session,
      dataset: scoresDataset(rows, rightFor(1)),
      indices: all.slice(0, 3),
      preprocess,
    });
    expect(set.classes).toBe(0);
    expect(accuracyOf(set, 'top1')).toBeUndefined();
    expect(set.outputs.samples).toBe(3);
  });
});

describe('discordant', () => {
  it('counts what only one of the two gets right', async () => {
    const dataset = scoresDataset(rows, rightFor(1));
    const before = await predict({
      session: identityModel({ batch: 'N' }),
      dataset,
      indices: all,
      preprocess,
    });
    const spoiled = identityModel({
      batch: 'N',
      change: (value, at) => (at % 7 === 3 ? 100 : value),
    });
    const after = await predict({ session: spoiled, dataset, indices: all, preprocess });
    expect(discordant(before, after)).toEqual({ lost: 60, gained: 0 });
    expect(discordant(after, before)).toEqual({ lost: 0, gained: 60 });
    const fewer = await predict({ session: spoiled, dataset, indices: all.slice(1), preprocess });
    expect(discordant(before, fewer)).toBeUndefined();
  });
});

describe('measureFidelity', () => {
  const outputs = async (change?: Model['change']) =>
    (
      await predict({
        session: identityModel({ batch: 'N', ...(change ? { change } : {}) }),
        dataset: scoresDataset(rows, undefined),
        indices: all,
        preprocess,
      })
    ).outputs;

  it('is exact for a known disturbance', async () => {
    const step = 0.125;
    const fidelity = measureFidelity(
      await outputs(),
      await outputs((value) => value + step),
      'user',
    );
    const signal = rows.flat().reduce((sum, value) => sum + value * value, 0);
    expect(fidelity.sqnrDb).toBeCloseTo(
      10 * Math.log10(signal / (rows.flat().length * step * step)),
      9,
    );
    expect(fidelity.maxAbsError).toBe(step);
    expect(fidelity.top1Agreement).toBe(1);
    expect(fidelity.samples).toBe(70);
  });

  it('is infinite for equal outputs and counts samples whose leader changed', async () => {
    expect(measureFidelity(await outputs(), await outputs(), 'sample')).toMatchObject({
      sqnrDb: Infinity,
      maxAbsError: 0,
      top1Agreement: 1,
    });
    const turned = await outputs((value, at) => (at % 7 === 0 ? 50 : value));
    expect(measureFidelity(await outputs(), turned, 'sample').top1Agreement).toBeCloseTo(1 / 7, 12);
  });

  it('calls a NaN the largest error, and two of them none', async () => {
    const nan = await outputs((value, at) => (at === 3 ? NaN : value));
    expect(measureFidelity(await outputs(), nan, 'user')).toMatchObject({
      sqnrDb: -Infinity,
      maxAbsError: Infinity,
    });
    expect(measureFidelity(nan, nan, 'user')).toMatchObject({ sqnrDb: Infinity, maxAbsError: 0 });
  });

  it('refuses outputs of other shapes', async () => {
    const short = { samples: 1, classes: 0, rows: [new Float32Array(3)] };
    expect(() => measureFidelity({ ...short, rows: [new Float32Array(4)] }, short, 'user')).toThrow(
      '4 numbers per sample, the variant 3',
    );
  });
});

describe('collectOutputs', () => {
  it('joins every comparable output of a run', async () => {
    const session = createFakeSession(createFakeMachine(1), {
      runMs: 1,
      compute: () => ({
        half: { dtype: 'float16', dims: [1, 2], data: Uint8Array.of(0x00, 0x3c, 0x00, 0xc0) },
        whole: { dtype: 'int64', dims: [1], data: new Uint8Array(8) },
        bytes: { dtype: 'uint8', dims: [3], data: Uint8Array.of(7, 8, 9) },
      }),
    });
    const set = await collectOutputs(session, [{}, {}]);
    expect(set.samples).toBe(2);
    expect(set.classes).toBe(2);
    expect([...(set.rows[1] ?? [])]).toEqual([1, -2, 7, 8, 9]);
  });
});
