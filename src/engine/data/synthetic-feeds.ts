import { createRng } from '../core/index.ts';
import { dtypeTable, elementCount } from '../tensor/index.ts';
import { mismatch } from './data-errors.ts';
import type { InputSpec, RuntimeLikeTensor } from './dataset.ts';
import { writeElements } from './write-elements.ts';

/**
 * Seeded inputs for a model without data: standard normal numbers for floats (zeros would be too easy: whole kernels shortcut
 * them, and denormals would be too hard), small whole numbers for integers, which are mostly indices. Symbolic sizes take
 * the value given for their name, else `otherwise`.
 */
export interface SyntheticOptions {
  readonly seed: number;
  /** Sizes by symbolic name. */
  readonly sizes?: Readonly<Record<string, number>>;
  /** For symbolic sizes without a value. Default 1. */
  readonly otherwise?: number;
}

export function syntheticFeeds(
  inputs: readonly InputSpec[],
  { seed, sizes = {}, otherwise = 1 }: SyntheticOptions,
): Record<string, RuntimeLikeTensor> {
  return Object.fromEntries(
    inputs.map((input) => {
      const dims = input.dims.map((dim) =>
        typeof dim === 'number' ? dim : (sizes[dim] ?? otherwise),
      );
      return [input.name, syntheticTensor(input, dims, seed)];
    }),
  );
}

function syntheticTensor(
  input: InputSpec,
  dims: readonly number[],
  seed: number,
): RuntimeLikeTensor {
  const rng = createRng(seed).fork(input.name);
  const count = elementCount(dims);
  const { kind, bits } = dtypeTable[input.dtype];
  if (kind === 'string')
    return { dtype: input.dtype, dims, data: Array.from({ length: count }, () => 'text') };
  if (kind === 'complex' || bits < 8 || (kind === 'float' && bits < 16))
    throw mismatch(`input "${input.name}"`, `no synthetic values of type ${input.dtype}`);
  const draw = kind === 'float' ? () => rng.normal() : () => rng.integer(2);
  const values = Float32Array.from({ length: count }, draw);
  return {
    dtype: input.dtype,
    dims,
    data: writeElements(input.dtype, values, `input "${input.name}"`),
  };
}
