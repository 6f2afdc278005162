import type { Runtime, RuntimeTensor } from '../../../runtime/index.ts';
import { floats, fromFloats } from '../float-tensors.ts';
import { caseGraphs, runCase } from '../gradient-case.ts';
import { pytorchCase } from './case.ts';

/**
 * How far a network and its gradients are from what PyTorch says. The fixture
 * (fixtures/pytorch-gradients.json) was written by scripts/oracles/pytorch-gradients.py in float64
 * with six digits, the graphs here run in float32.
 */
export interface PytorchFixture {
  readonly cases: Readonly<Record<string, PytorchNumbers>>;
}

interface Numbers {
  readonly dims: readonly number[];
  readonly values: readonly number[];
}

export interface PytorchNumbers {
  readonly variables: Readonly<Record<string, Numbers>>;
  /** dL/dy. */
  readonly seed: Numbers;
  readonly output: readonly number[];
  readonly gradients: Readonly<Record<string, readonly number[]>>;
}

export interface Difference {
  /** `output`, or `d/d` and a variable. */
  readonly what: string;
  /**
   * Largest error as a share of the largest value of the tensor. NaN when the tensor has another
   * number of elements, or is not a number somewhere.
   */
  readonly relativeError: number;
}

/** The largest error that rounding in float32 explains. */
export const pytorchTolerance = 2e-5;

/** One entry for the output and one per variable. `shapes` measures the shapes that the rules go by. */
export async function pytorchDifferences(
  runtime: Runtime,
  name: string,
  wanted: PytorchNumbers,
  shapes: Runtime = runtime,
): Promise<readonly Difference[]> {
  const variables = Object.entries(wanted.variables);
  const test = pytorchCase(
    name,
    Object.fromEntries(variables.map(([variable, { dims }]) => [variable, dims])),
  );
  const feeds = Object.fromEntries(variables.map(([variable, v]) => [variable, tensorOf(v)]));
  const graphs = await caseGraphs(shapes, test, feeds);
  const { output, gradients } = await runCase(runtime, graphs, feeds, tensorOf(wanted.seed));
  // Some gradients are zero but for rounding: that of a bias before a Softmax, for one.
  const largest = largestOf(Object.values(wanted.gradients).flat());
  return [
    { what: 'output', relativeError: relativeError(output, wanted.output, 0) },
    ...Object.entries(wanted.gradients).map(([variable, gradient]) => ({
      what: `d/d${variable}`,
      relativeError: relativeError(gradients[variable], gradient, largest / 10),
    })),
  ];
}

const tensorOf = ({ dims, values }: Numbers): RuntimeTensor =>
  fromFloats(dims, Float32Array.from(values));

const largestOf = (values: readonly number[]): number => Math.max(...values.map(Math.abs));

function relativeError(
  actual: RuntimeTensor | undefined,
  wanted: readonly number[],
  smallestScale: number,
): number {
  const values = floats(actual);
  if (values.length !== wanted.length) return Number.NaN;
  const scale = Math.max(largestOf(wanted), smallestScale);
  return largestOf(wanted.map((value, i) => value - (values[i] ?? Number.NaN))) / scale;
}
