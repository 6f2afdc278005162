import type { ModelEdit, Value } from '../../graph/index.ts';
import { float32Tensor } from '../../tensor/index.ts';
import { mul, range, scalar, transpose } from './expressions.ts';
import { at } from './window.ts';

/**
 * A linear map along one axis: y[…, o, …] = Σ_i A[o, i] · x[…, i, …]. Resize and the padding modes that copy are such maps,
 * one axis after another. `matrix` is A row by row, [outputs, inputs].
 */
export interface AxisMap {
  readonly axis: number;
  readonly outputs: number;
  readonly inputs: number;
  readonly matrix: Float32Array;
}

/** One row of A at a time: adds `weight` to A[output, input]. */
export function axisMap(
  axis: number,
  outputs: number,
  inputs: number,
  row: (output: number, put: (input: number, weight: number) => void) => void,
): AxisMap {
  const matrix = new Float32Array(outputs * inputs);
  for (let o = 0; o < outputs; o++)
    row(o, (input, weight) => {
      const place = o * inputs + input;
      matrix[place] = at(matrix as unknown as number[], place) + weight;
    });
  return { axis, outputs, inputs, matrix };
}

/** The adjoint of the maps one after another: dx = Aᵀ dy along each axis. None of them along the batch axis. */
export function transposedMaps(
  edit: ModelEdit,
  dy: Value,
  rank: number,
  maps: readonly AxisMap[],
): Value {
  const factors = replication(maps, rank);
  if (factors !== undefined) return summedBlocks(edit, dy, factors);
  return maps.reduce((gradient, map) => transposedMap(edit, gradient, rank, map), dy);
}

function transposedMap(edit: ModelEdit, dy: Value, rank: number, map: AxisMap): Value {
  const { axis, inputs, outputs, matrix } = map;
  if (axis === rank - 1)
    return edit.op('MatMul', [
      dy,
      edit.addConstant('map', float32Tensor([outputs, inputs], matrix)),
    ]);
  if (axis === rank - 2) {
    const flipped = new Float32Array(matrix.length);
    for (let o = 0; o < outputs; o++)
      for (let i = 0; i < inputs; i++) flipped[i * outputs + o] = matrix[o * inputs + i] ?? 0;
    return edit.op('MatMul', [
      edit.addConstant('map', float32Tensor([inputs, outputs], flipped)),
      dy,
    ]);
  }
  // Any other axis changes places with the last one and back.
  const perm = range(rank);
  perm[axis] = rank - 1;
  perm[rank - 1] = axis;
  const last = transposedMap(edit, transpose(edit, dy, perm), rank, { ...map, axis: rank - 1 });
  return transpose(edit, last, perm);
}

/**
 * The whole factors by which elements are repeated, where the maps do nothing else (nearest, enlarging): then the adjoint is a sum over
 * blocks, which a pool does at a fraction of the matrix product's cost. undefined for any other maps.
 */
function replication(maps: readonly AxisMap[], rank: number): readonly number[] | undefined {
  if (rank < 3 || rank > 5 || maps.length === 0) return undefined;
  const factors = range(rank).map(() => 1);
  for (const { axis, inputs, outputs, matrix } of maps) {
    const factor = outputs / inputs;
    if (axis < 2 || !Number.isInteger(factor)) return undefined;
    const repeats = matrix.every((weight, place) => {
      const o = Math.floor(place / inputs);
      return weight === (Math.floor(o / factor) === place % inputs ? 1 : 0);
    });
    if (!repeats) return undefined;
    factors[axis] = factor;
  }
  return factors.slice(2);
}

/** AveragePool times the size of a block. */
function summedBlocks(edit: ModelEdit, dy: Value, factors: readonly number[]): Value {
  const block = factors.reduce((product, factor) => product * factor, 1);
  const mean = edit.op('AveragePool', [dy], {
    kernel_shape: { kind: 'ints', value: factors },
    strides: { kind: 'ints', value: factors },
  });
  return mul(edit, mean, scalar(edit, block));
}
