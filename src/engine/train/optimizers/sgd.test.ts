import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNodeRuntime } from '../../../cli/node-runtime.ts';
import { buildModel } from '../../graph/index.ts';
import { writeBytes } from '../../onnx/index.ts';
import type { Runtime } from '../../runtime/index.ts';
import { floats, fromFloats } from '../testing/float-tensors.ts';
import { sgd, type SgdOptions } from './sgd.ts';

/** The update written as in the literature, in double precision, beside the graph's. */
function reference(options: SgdOptions, decays: boolean, rates: readonly number[]): number[] {
  let w = 1.5;
  let v = 0;
  return rates.map((rate, step) => {
    const g = 0.5 - 0.2 * step + (decays ? options.weightDecay * w : 0);
    v = options.momentum * v + g;
    w -= rate * (options.nesterov ? g + options.momentum * v : v);
    return w;
  });
}

describe('sgd', () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await createNodeRuntime('wasm', 1);
  });
  afterAll(() => runtime.dispose());

  it.each([
    [{ momentum: 0, nesterov: false, weightDecay: 0 }, true],
    [{ momentum: 0.9, nesterov: false, weightDecay: 0 }, true],
    [{ momentum: 0.9, nesterov: true, weightDecay: 0 }, true],
    [{ momentum: 0.9, nesterov: true, weightDecay: 0.1 }, true],
    [{ momentum: 0.9, nesterov: true, weightDecay: 0.1 }, false],
  ])('%o, decays: %s', async (options, decays) => {
    const optimizer = sgd(options);
    const type = { kind: 'tensor', dtype: 'float32', dims: [1] } as const;
    const model = buildModel(18, (edit) => {
      const weight = edit.addInput('w', type);
      const gradient = edit.addInput('g', type);
      const learningRate = edit.addInput('rate', type);
      const state = optimizer.state.map((name) => edit.addInput(name, type));
      const scalar = (name: string): never => {
        throw new Error(`sgd is fed no ${name}`);
      };
      const next = optimizer.update({
        edit,
        weight,
        gradient,
        state,
        learningRate,
        scalar,
        decays,
      });
      [next.weight, ...next.state].forEach((value, i) => {
        edit.rename(value, `next${i}`);
        edit.addOutput(value);
      });
    });
    const session = await runtime.create({ bytes: writeBytes(model) });
    const rates = [0.1, 0.1, 0.05, 0.2];
    let w = Float32Array.of(1.5);
    let v = Float32Array.of(0);
    const seen: number[] = [];
    for (const [step, rate] of rates.entries()) {
      const one = (value: number) => fromFloats([1], Float32Array.of(value));
      const feeds = { w: fromFloats([1], w), g: one(0.5 - 0.2 * step), rate: one(rate) };
      const state = optimizer.state.length === 0 ? {} : { velocity: fromFloats([1], v) };
      const results = await session.run({ ...feeds, ...state });
      w = floats(results['next0']) as typeof w;
      if (results['next1'] !== undefined) v = floats(results['next1']) as typeof v;
      seen.push(w[0] ?? Number.NaN);
    }
    await session.release();
    reference(options, decays, rates).forEach((value, i) => expect(seen[i]).toBeCloseTo(value, 5));
  });
});
