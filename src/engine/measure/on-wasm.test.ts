import { existsSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { createNodeRuntime } from '../../cli/node-runtime.ts';
import { createRng, memorySource } from '../core/index.ts';
import {
  guessPreprocess,
  openDataset,
  pixelsDataset,
  type Dataset,
  type ModelHints,
} from '../data/index.ts';
import { buildModel } from '../graph/index.ts';
import { toModelFile } from '../onnx/index.ts';
import { float32Tensor } from '../tensor/index.ts';
import { accuracyOf } from './accuracy.ts';
import { measureFidelity } from './fidelity.ts';
import { coldStart, measureLatency } from './latency.ts';
import { predict } from './predict.ts';

/** The measuring room on the real runtime: numbers against an independent calculation, and against those the models' makers state. */
const runtime = await createNodeRuntime('wasm', 1);
afterAll(() => runtime.dispose());

const rng = createRng(77);
const pixelCount = 200;
const images = Uint8Array.from({ length: pixelCount * 64 }, () => rng.integer(256));
const weights = Float32Array.from({ length: 64 * 10 }, () => rng.normal());
/** The class a straightforward loop finds: argmax of (bytes ÷ 255) · W. */
const classOf = (sample: number, w: Float32Array): number => {
  const scores = Array.from({ length: 10 }, (_, c) =>
    Array.from(
      { length: 64 },
      (_unused, i) => ((images[sample * 64 + i] as number) / 255) * (w[i * 10 + c] as number),
    ).reduce((a, b) => a + b),
  );
  return scores.indexOf(Math.max(...scores));
};
/** Every fourth label is wrong. */
const labels = Int32Array.from(
  { length: pixelCount },
  (_, i) => (classOf(i, weights) + (i % 4 === 0 ? 1 : 0)) % 10,
);
const dataset: Dataset = pixelsDataset({
  name: 'noise',
  classes: undefined,
  dims: [8, 8, 1],
  images,
  labels,
});
const indices = Uint32Array.from({ length: pixelCount }, (_, i) => i);

const linear = (w: Float32Array) =>
  toModelFile(
    buildModel(17, (edit) => {
      const x = edit.addInput('x', { kind: 'tensor', dtype: 'float32', dims: ['N', 64] });
      edit.addOutput(
        edit.op('Softmax', [
          edit.op('MatMul', [x, edit.addConstant('w', float32Tensor([64, 10], w))]),
        ]),
      );
    }),
  );

describe('a linear classifier', () => {
  it('is as accurate as a loop over its weights says, and as faithful', async () => {
    const noisy = weights.map((value, i) => value + 0.3 * Math.sin(i));
    const [a, b] = [await runtime.create(linear(weights)), await runtime.create(linear(noisy))];
    const input = a.inputs[0];
    if (input === undefined) throw new Error('no input');
    const { preprocess } = guessPreprocess({ input, dataset });
    const before = await predict({ session: a, dataset, indices, preprocess });
    const after = await predict({ session: b, dataset, indices, preprocess });
    expect(accuracyOf(before, 'top1')?.value).toBe(0.75);
    const same = indices.filter((i) => classOf(i, weights) === classOf(i, noisy)).length;
    expect(same).toBeLessThan(pixelCount);
    expect(measureFidelity(before.outputs, after.outputs, 'user').top1Agreement).toBe(
      same / pixelCount,
    );
    await a.release();
    await b.release();
  });

  it('is timed: cold, warm, and against itself', async () => {
    const file = linear(weights);
    const feeds = { x: { dtype: 'float32' as const, dims: [1, 64], data: new Uint8Array(256) } };
    const arms = [
      await coldStart(runtime, file, feeds),
      await coldStart(runtime, file, feeds),
    ] as const;
    const protocol = {
      warmMs: 5,
      warmRuns: 2,
      warmCapMs: 20,
      sampleMs: 1,
      minRounds: 12,
      minArmMs: 0,
      capMs: 200,
      fewestRounds: 3,
    };
    const { reference, variants } = await measureLatency({
      runtime,
      reference: arms[0],
      variants: [arms[1]],
      clock: { nowMs: () => performance.now() },
      protocol,
    });
    expect(reference.p50Ms).toBeGreaterThan(0);
    expect(reference.coldMs).toBe(reference.createMs + reference.firstRunMs);
    expect(variants[0]?.speedup).toBeGreaterThan(0);
    expect(variants[0]?.speedupLow).toBeLessThanOrEqual(variants[0]?.speedup ?? 0);
    for (const { session } of arms) await session.release();
  });
});

const folder = new URL('../../../../shared/models/', import.meta.url);
/** Share of right answers that the models' README states, on these very samples. */
const stated: readonly {
  model: string;
  data: string;
  samples: number;
  hints: ModelHints;
  top1: number;
}[] = [
  {
    model: 'mlperf_keywords_dscnn.onnx',
    data: 'keywords.npz',
    samples: 500,
    hints: { producer: 'tf2onnx' },
    top1: 0.898,
  },
  {
    model: 'cifar_resnet20.onnx',
    data: 'cifar10_train.npz',
    samples: 60,
    hints: { producer: 'pytorch' },
    top1: 1,
  },
];
const present = stated.filter(({ model }) => existsSync(new URL(model, folder)));
if (present.length < stated.length)
  console.log('not run: accuracy of real models, ../shared/models is absent');

describe.skipIf(present.length === 0)('real models on real data', () => {
  it.each(present)(
    '$model is right for $top1 of its samples, with the guessed preprocessing',
    async ({ model, data, samples, hints, top1 }) => {
      const bytes = (name: string): Uint8Array =>
        new Uint8Array(readFileSync(new URL(name, folder)));
      const real = await openDataset([
        { path: data, source: memorySource(bytes(`data/${data}`), data) },
      ]);
      const session = await runtime.create({ bytes: bytes(model) });
      const input = session.inputs[0];
      if (input === undefined) throw new Error('no input');
      const { preprocess } = guessPreprocess({ input, dataset: real, hints });
      const set = await predict({
        session,
        dataset: real,
        indices: Uint32Array.from({ length: samples }, (_, i) => i),
        preprocess,
      });
      expect(accuracyOf(set, 'top1')?.value).toBeCloseTo(top1, 3);
      await session.release();
    },
  );
});
