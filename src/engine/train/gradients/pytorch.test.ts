import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNodeRuntime } from '../../../cli/node-runtime.ts';
import type { Runtime } from '../../runtime/index.ts';
import { pytorchNetworks } from '../testing/pytorch/case.ts';
import {
  pytorchDifferences,
  pytorchTolerance,
  type PytorchFixture,
} from '../testing/pytorch/differences.ts';

/** Composite networks against PyTorch. The same runs on WebGPU: e2e/gradients.webgpu.spec.ts. */
const fixture = JSON.parse(
  readFileSync(new URL('../testing/fixtures/pytorch-gradients.json', import.meta.url), 'utf8'),
) as PytorchFixture;

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
    const differences = await pytorchDifferences(runtime, name, wanted);
    expect(differences).toHaveLength(1 + Object.keys(wanted.variables).length);
    for (const { what, relativeError } of differences)
      expect(relativeError, what).toBeLessThan(pytorchTolerance);
  });

  it('notices a wrong gradient', async () => {
    const [name, numbers] = Object.entries(fixture.cases)[0] ?? [];
    if (name === undefined || numbers === undefined) throw new Error('the fixture is empty');
    const { gradients } = numbers;
    const x = (gradients['x'] ?? []).map((value) => value * 1.001);
    const differences = await pytorchDifferences(runtime, name, {
      ...numbers,
      gradients: { ...gradients, x },
    });
    const wrong = differences.filter((one) => !(one.relativeError < pytorchTolerance));
    expect(wrong.map((one) => one.what)).toEqual(['d/dx']);
  });
});
