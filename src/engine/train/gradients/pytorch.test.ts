import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNodeRuntime } from '../../../cli/node-runtime.ts';
import type { Runtime, RuntimeTensor } from '../../runtime/index.ts';
import { floats, fromFloats, outputAndGradients } from '../testing/gradient-check.ts';
import { pytorchCase, pytorchNetworks } from '../testing/pytorch/case.ts';

/**
 * Composite networks against PyTorch: the fixture was written by
 * scripts/oracles/pytorch-gradients.py in float64 with six digits, the graphs here run in float32.
 */
interface Numbers {
  readonly dims: readonly number[];
  readonly values: readonly number[];
}

interface PytorchCase {
  readonly variables: Readonly<Record<string, Numbers>>;
  readonly seed: Numbers;
  readonly output: readonly number[];
  readonly gradients: Readonly<Record<string, readonly number[]>>;
}

const fixture = JSON.parse(
  readFileSync(new URL('../testing/fixtures/pytorch-gradients.json', import.meta.url), 'utf8'),
) as { readonly cases: Readonly<Record<string, PytorchCase>> };

/** Largest error, as a share of the largest value of a tensor. */
const tolerance = 2e-5;

const tensorOf = ({ dims, values }: Numbers): RuntimeTensor =>
  fromFloats(dims, Float32Array.from(values));

const largestOf = (values: readonly number[]): number => Math.max(...values.map(Math.abs));

function expectClose(
  what: string,
  actual: RuntimeTensor | undefined,
  wanted: readonly number[],
  smallestScale = 0,
): void {
  const values = floats(actual);
  expect(values.length, what).toBe(wanted.length);
  const scale = Math.max(largestOf(wanted), smallestScale);
  const worst = largestOf(wanted.map((value, i) => value - (values[i] ?? Number.NaN)));
  expect(worst / scale, what).toBeLessThan(tolerance);
}

describe('gradients against PyTorch', () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await createNodeRuntime('wasm', 1);
  });
  afterAll(() => runtime.dispose());

  it('has a network for every case of the fixture', () => {
    expect(Object.keys(pytorchNetworks).toSorted()).toEqual(Object.keys(fixture.cases).toSorted());
  });

  it.each(Object.entries(fixture.cases))('%s', async (name, wanted) => {
    const tensors = Object.entries(wanted.variables);
    const test = pytorchCase(
      name,
      Object.fromEntries(tensors.map(([variable, { dims }]) => [variable, dims])),
    );
    const feeds = Object.fromEntries(tensors.map(([variable, v]) => [variable, tensorOf(v)]));
    const { output, gradients } = await outputAndGradients(
      runtime,
      test,
      feeds,
      tensorOf(wanted.seed),
    );
    expectClose('output', output, wanted.output);
    // Some gradients are zero but for rounding: that of a bias before a Softmax, for one.
    const largest = largestOf(Object.values(wanted.gradients).flat());
    for (const [variable, gradient] of Object.entries(wanted.gradients))
      expectClose(`d/d${variable}`, gradients[variable], gradient, largest / 10);
  });
});
