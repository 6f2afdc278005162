import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNodeRuntime } from '../../../cli/node-runtime.ts';
import { buildModel } from '../../graph/index.ts';
import { writeBytes } from '../../onnx/index.ts';
import type { Runtime } from '../../runtime/index.ts';
import { floats, fromFloats } from '../testing/float-tensors.ts';
import { adamw } from './adamw.ts';

/** As in the paper, in double precision. */
function reference(weightDecay: number, decays: boolean, rates: readonly number[]): number[] {
  let [w, m, v] = [1.5, 0, 0];
  return rates.map((rate, step) => {
    const g = 0.5 - 0.2 * step;
    m = 0.9 * m + 0.1 * g;
    v = 0.999 * v + 0.001 * g * g;
    const mean = m / (1 - 0.9 ** (step + 1));
    const square = v / (1 - 0.999 ** (step + 1));
    w -= rate * (mean / (Math.sqrt(square) + 1e-8) + (decays ? weightDecay * w : 0));
    return w;
  });
}

describe('adamw', () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await createNodeRuntime('wasm', 1);
  });
  afterAll(() => runtime.dispose());

  it.each([
    [0, true],
    [0.1, true],
    [0.1, false],
  ])('decay %f, decays: %s', async (weightDecay, decays) => {
    const optimizer = adamw({ weightDecay });
    const names = Object.keys(optimizer.scalars ?? {});
    const type = { kind: 'tensor', dtype: 'float32', dims: [1] } as const;
    const model = buildModel(18, (edit) => {
      const weight = edit.addInput('w', type);
      const gradient = edit.addInput('g', type);
      const learningRate = edit.addInput('rate', { ...type, dims: [] });
      const state = optimizer.state.map((name) => edit.addInput(name, type));
      const scalars = new Map(
        names.map((name) => [name, edit.addInput(name, { ...type, dims: [] })]),
      );
      const scalar = (name: string) => scalars.get(name) ?? learningRate;
      const inputs = { edit, weight, gradient, state, learningRate, scalar, decays };
      const next = optimizer.update(inputs);
      [next.weight, ...next.state].forEach((value, i) => {
        edit.rename(value, `next${i}`);
        edit.addOutput(value);
      });
    });
    const session = await runtime.create({ bytes: writeBytes(model) });
    const rates = [0.1, 0.1, 0.05, 0.2];
    const number = (value: number) => fromFloats([], Float32Array.of(value));
    const one = (value: number) => fromFloats([1], Float32Array.of(value));
    let [w, mean, square] = [one(1.5), one(0), one(0)];
    const seen: number[] = [];
    for (const [step, rate] of rates.entries()) {
      const fed = Object.entries(optimizer.scalars ?? {}).map(([name, at]) => [
        name,
        number(at(step)),
      ]);
      const feeds = { w, g: one(0.5 - 0.2 * step), rate: number(rate), mean, square };
      const results = await session.run({ ...feeds, ...Object.fromEntries(fed) });
      [w, mean, square] = [0, 1, 2].map((i) => fromFloats([1], floats(results[`next${i}`]))) as [
        typeof w,
        typeof w,
        typeof w,
      ];
      seen.push(floats(w)[0] ?? Number.NaN);
    }
    await session.release();
    reference(weightDecay, decays, rates).forEach((value, i) =>
      expect(seen[i]).toBeCloseTo(value, 5),
    );
  });
});
