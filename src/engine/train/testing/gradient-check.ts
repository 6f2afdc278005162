import { expect } from 'vitest';
import { writeBytes } from '../../onnx/index.ts';
import type { Feeds, Runtime, RuntimeTensor } from '../../runtime/index.ts';
import { floats, fromFloats } from './float-tensors.ts';
import { runCase, type GradientCase } from './gradient-case.ts';
import { spacing, spacedTrial } from './spaced-trial.ts';

/**
 * A gradient rule against finite differences. The scalar is L = Σ r · y with random r, so that
 * every element of the Jacobian counts. Every element of every variable is moved by ±ε; L is
 * summed here in double precision. Variables hold distinct, well-spaced values, so that no kink
 * (Relu, Clip, MaxPool) lies within ε.
 */
const epsilon = spacing / 5;

export async function expectGradient(
  runtime: Runtime,
  test: GradientCase,
  tolerance = 2e-3,
): Promise<void> {
  const { feeds, graphs, seed } = await spacedTrial(runtime, test);
  const { gradients } = await runCase(runtime, graphs, feeds, seed);
  const forward = await runtime.create(
    { bytes: writeBytes(graphs.forward) },
    { optimization: 'disabled' },
  );
  const loss = async (moved: Feeds): Promise<number> => {
    const y = floats(Object.values(await forward.run(moved))[0]);
    return floats(seed).reduce((sum, weight, i) => sum + weight * (y[i] ?? Number.NaN), 0);
  };
  for (const name of Object.keys(test.variables)) {
    const numeric: number[] = [];
    const values = floats(feeds[name]);
    for (let i = 0; i < values.length; i++)
      numeric.push(
        await centralDifference(values, i, (moved) =>
          loss({ ...feeds, [name]: like(feeds[name], moved) }),
        ),
      );
    expectClose(`${test.name}: d/d${name}`, floats(gradients[name]), numeric, tolerance);
  }
  await forward.release();
}

async function centralDifference(
  values: Float32Array,
  index: number,
  loss: (values: Float32Array) => Promise<number>,
): Promise<number> {
  const up = values.slice();
  const down = values.slice();
  up[index] = (values[index] ?? 0) + epsilon;
  down[index] = (values[index] ?? 0) - epsilon;
  return ((await loss(up)) - (await loss(down))) / ((up[index] ?? 0) - (down[index] ?? 0));
}

function expectClose(
  what: string,
  actual: Float32Array,
  wanted: readonly number[],
  tolerance: number,
): void {
  expect(actual.length, what).toBe(wanted.length);
  const scale = Math.max(...wanted.map(Math.abs), 1e-3);
  const worst = Math.max(...wanted.map((value, i) => Math.abs(value - (actual[i] ?? Number.NaN))));
  expect(worst / scale, `${what}: relative error (largest gradient ${scale})`).toBeLessThan(
    tolerance,
  );
}

const like = (tensor: RuntimeTensor | undefined, values: Float32Array): RuntimeTensor =>
  fromFloats(tensor?.dims ?? [], values);
