import { createRng, type Rng } from '../../core/index.ts';
import type { Runtime, RuntimeTensor } from '../../runtime/index.ts';
import { elementCount } from '../../tensor/index.ts';
import { fromFloats } from './float-tensors.ts';
import { caseGraphs, type CaseGraphs, type GradientCase } from './gradient-case.ts';

/**
 * What a gradient case is tried with, the same every time: variables of distinct values, at least
 * `spacing` apart and away from 0, so that no kink (Relu, Clip, MaxPool) is near; and random r for
 * L = Σ r · y, so that every element of the Jacobian counts.
 */
export interface Trial {
  readonly feeds: Readonly<Record<string, RuntimeTensor>>;
  readonly graphs: CaseGraphs;
  /** r, shaped like y. */
  readonly seed: RuntimeTensor;
}

export const spacing = 0.02;

/** `runtime` measures the shapes of the case. */
export async function spacedTrial(runtime: Runtime, test: GradientCase): Promise<Trial> {
  const rng = createRng(7);
  const feeds: Record<string, RuntimeTensor> = {};
  for (const [name, dims] of Object.entries(test.variables))
    feeds[name] = spacedValues(dims, rng, test.domain);
  const graphs = await caseGraphs(runtime, test, feeds);
  return { feeds, graphs, seed: randomTensor(graphs.outputDims, rng) };
}

/** n distinct values spread over about [-2, 2] in random order, none of them near 0. */
function spacedValues(
  dims: readonly number[],
  rng: Rng,
  domain: (x: number) => number = (x) => x,
): RuntimeTensor {
  const count = elementCount(dims);
  const step = Math.max(4 / count, spacing);
  const values = Array.from({ length: count }, (_, i) => domain((i - count / 2 + 0.37) * step));
  for (let i = count - 1; i > 0; i--) {
    const j = rng.integer(i + 1);
    [values[i], values[j]] = [values[j] as number, values[i] as number];
  }
  return fromFloats(dims, Float32Array.from(values));
}

const randomTensor = (dims: readonly number[], rng: Rng): RuntimeTensor =>
  fromFloats(
    dims,
    Float32Array.from({ length: elementCount(dims) }, () => rng.normal()),
  );
