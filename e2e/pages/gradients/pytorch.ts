import fixture from '../../../src/engine/train/testing/fixtures/pytorch-gradients.json';
import {
  pytorchDifferences,
  type Difference,
  type PytorchFixture,
} from '../../../src/engine/train/testing/pytorch/differences.ts';
import { type GpuBuild, runtimeOf } from './runtimes.ts';

/** The networks of src/engine/train/gradients/pytorch.test.ts, on WebGPU; WASM measures the shapes. */
const { cases }: PytorchFixture = fixture;

export const pytorchNames = (): string[] => Object.keys(cases);

export async function pytorchOn(build: GpuBuild, name: string): Promise<readonly Difference[]> {
  const numbers = cases[name];
  if (numbers === undefined) throw new Error(`no network is called ${name}`);
  return pytorchDifferences(await runtimeOf(build), name, numbers, await runtimeOf('wasm'));
}
