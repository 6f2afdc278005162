import { EngineError } from '../../../src/engine/core/index.ts';
import { writeBytes } from '../../../src/engine/onnx/index.ts';
import type { RuntimeTensor } from '../../../src/engine/runtime/index.ts';
import { nodesForCpu } from '../../../src/engine/train/nodes-for-cpu.ts';
import {
  differentiableOperators,
  type DifferentiableOperator,
} from '../../../src/engine/train/gradients/table.ts';
import { tableCases } from '../../../src/engine/train/gradients/testing/table-cases.ts';
import { floats } from '../../../src/engine/train/testing/float-tensors.ts';
import { runCase } from '../../../src/engine/train/testing/gradient-case.ts';
import { spacedTrial, type Trial } from '../../../src/engine/train/testing/spaced-trial.ts';
import { type GpuBuild, runtimeOf } from './runtimes.ts';

/**
 * The cases of src/engine/train/gradients/table.test.ts, computed on WASM, where they are checked
 * against finite differences, and on WebGPU.
 */
export interface OnBoth {
  readonly name: string;
  /**
   * Largest difference between the two, of y and of each gradient, as a share of the tensor's
   * largest value. NaN when one of them is not a number somewhere, or has another number of elements.
   */
  readonly relativeDifference: number;
  /** Why WebGPU refuses to compute it: the error's own words. */
  readonly refusal?: string;
  /** Operators that ran on the CPU, with copies; only for the first case of an operator. */
  readonly onCpu?: readonly string[];
}

export const ruleNames = (): DifferentiableOperator[] => [...differentiableOperators];

export async function gradientsOnBoth(
  build: GpuBuild,
  operator: DifferentiableOperator,
): Promise<OnBoth[]> {
  const results: OnBoth[] = [];
  for (const [i, test] of tableCases[operator].entries()) {
    const trial = await spacedTrial(await runtimeOf('wasm'), test);
    try {
      const difference = await differenceOf(build, trial);
      const onCpu = i === 0 ? await operatorsOnCpu(build, trial) : undefined;
      results.push({ name: test.name, relativeDifference: difference, ...(onCpu && { onCpu }) });
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      results.push({ name: test.name, relativeDifference: 0, refusal: error.message });
    }
  }
  return results;
}

async function differenceOf(build: GpuBuild, { graphs, feeds, seed }: Trial): Promise<number> {
  const wasm = await runCase(await runtimeOf('wasm'), graphs, feeds, seed);
  const gpu = await runCase(await runtimeOf(build), graphs, feeds, seed);
  const pairs: (readonly [RuntimeTensor | undefined, RuntimeTensor | undefined])[] = [
    [wasm.output, gpu.output],
    ...Object.keys(feeds).map((name) => [wasm.gradients[name], gpu.gradients[name]] as const),
  ];
  return Math.max(...pairs.map(([a, b]) => relativeDifference(floats(a), floats(b))));
}

/** Gradients that are zero everywhere but for rounding are small beside 10⁻³. */
function relativeDifference(wanted: Float32Array, actual: Float32Array): number {
  if (wanted.length !== actual.length) return Number.NaN;
  const scale = Math.max(1e-3, ...wanted.map(Math.abs));
  return Math.max(...wanted.map((value, i) => Math.abs(value - (actual[i] ?? 0)))) / scale;
}

async function operatorsOnCpu(build: GpuBuild, { graphs, feeds, seed }: Trial): Promise<string[]> {
  const file = { bytes: writeBytes(graphs.backward) };
  const runtime = await runtimeOf(build);
  const options = { onCpu: nodesForCpu(graphs.backward) };
  const nodes = await runtime.profile(file, { ...feeds, seed }, options);
  const names = nodes.filter((node) => node.provider === 'CPUExecutionProvider');
  return [...new Set(names.map((node) => node.opType))].toSorted();
}
