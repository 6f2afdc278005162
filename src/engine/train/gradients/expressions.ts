import {
  floatAttribute,
  intAttribute,
  intsAttribute,
  type ModelEdit,
  type Value,
} from '../../graph/index.ts';
import { elementCount, float32Tensor, int64Tensor } from '../../tensor/index.ts';

/**
 * The few compound expressions that gradient rules are made of. All operators exist with these
 * forms from opset 18 on.
 */

export const scalar = (edit: ModelEdit, value: number): Value =>
  edit.addConstant('scalar', float32Tensor([], [value]));

export const int64s = (edit: ModelEdit, values: readonly number[]): Value =>
  edit.addConstant('ints', int64Tensor([values.length], values));

export const add = (edit: ModelEdit, a: Value, b: Value): Value => edit.op('Add', [a, b]);
export const sub = (edit: ModelEdit, a: Value, b: Value): Value => edit.op('Sub', [a, b]);
export const mul = (edit: ModelEdit, a: Value, b: Value): Value => edit.op('Mul', [a, b]);
export const div = (edit: ModelEdit, a: Value, b: Value): Value => edit.op('Div', [a, b]);

/** x · factor; x itself when the factor is 1. */
export const scaled = (edit: ModelEdit, x: Value, factor: number): Value =>
  factor === 1 ? x : mul(edit, x, scalar(edit, factor));

export const reduceSum = (
  edit: ModelEdit,
  x: Value,
  axes: readonly number[],
  keepDims: boolean,
): Value =>
  edit.op('ReduceSum', [x, int64s(edit, axes)], { keepdims: intAttribute(keepDims ? 1 : 0) });

export const reduceMean = (
  edit: ModelEdit,
  x: Value,
  axes: readonly number[],
  keepDims: boolean,
): Value =>
  edit.op('ReduceMean', [x, int64s(edit, axes)], { keepdims: intAttribute(keepDims ? 1 : 0) });

/**
 * x [N, C, …space] summed over batch and space: [C]. Where space is small, in two steps: adding up
 * whole samples is several times as fast on ONNX Runtime's WebAssembly kernels as adding up rows,
 * which is then left for few (together 0.4 to 0.45 of the time).
 */
export function sumPerChannel(edit: ModelEdit, x: Value, space: readonly number[]): Value {
  const axes = range(space.length).map((axis) => axis + 2);
  const twoSteps = axes.length > 0 && elementCount(space) <= 1024;
  const samples = twoSteps ? reduceSum(edit, x, [0], true) : x;
  return reduceSum(edit, samples, [0, ...axes], false);
}

export const transpose = (edit: ModelEdit, x: Value, perm: readonly number[]): Value =>
  edit.op('Transpose', [x], { perm: intsAttribute(perm) });

/** Reshape to fixed sizes; 0 keeps the size at that place, -1 is inferred. */
export const reshape = (edit: ModelEdit, x: Value, dims: readonly number[]): Value =>
  edit.op('Reshape', [x, int64s(edit, dims)]);

/** Reshape to the shape another value has when the graph runs. */
export const reshapeLike = (edit: ModelEdit, x: Value, like: Value): Value =>
  edit.op('Reshape', [x, edit.op('Shape', [like])]);

/** Broadcast to the shape another value has when the graph runs. */
export const expandLike = (edit: ModelEdit, x: Value, like: Value): Value =>
  edit.op('Expand', [x, edit.op('Shape', [like])]);

/**
 * How many elements a value has when the graph runs, int64 [1]. `Size` would say it too, but WebGPU
 * has no kernel of it, and the value itself would be copied to the CPU to be counted.
 */
export const sizeOf = (edit: ModelEdit, x: Value): Value =>
  edit.op('ReduceProd', [edit.op('Shape', [x])], { keepdims: intAttribute(1) });

/** The same as a number, float32 []. */
export const countOf = (edit: ModelEdit, x: Value): Value =>
  reshape(edit, edit.op('Cast', [sizeOf(edit, x)], { to: intAttribute(1) }), []);

/** 1 where `condition` (bool) holds, else 0. */
export const indicator = (edit: ModelEdit, condition: Value): Value =>
  edit.op('Cast', [condition], { to: intAttribute(1) });

export const slice = (
  edit: ModelEdit,
  x: Value,
  starts: readonly number[],
  ends: readonly number[],
  axes: readonly number[],
  steps: readonly number[] = axes.map(() => 1),
): Value =>
  edit.op('Slice', [
    x,
    int64s(edit, starts),
    int64s(edit, ends),
    int64s(edit, axes),
    int64s(edit, steps),
  ]);

export const gemm = (
  edit: ModelEdit,
  a: Value,
  b: Value,
  transA: boolean,
  transB: boolean,
  alpha = 1,
): Value =>
  edit.op('Gemm', [a, b], {
    transA: intAttribute(transA ? 1 : 0),
    transB: intAttribute(transB ? 1 : 0),
    alpha: floatAttribute(alpha),
  });

/** 0, 1, …, n-1. */
export const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/**
 * Undoes NumPy broadcasting: sums a gradient of shape `from` over every axis along which an
 * operand of shape `to` was repeated.
 */
export function unbroadcast(
  edit: ModelEdit,
  dy: Value,
  from: readonly number[],
  to: readonly number[],
): Value {
  const missing = from.length - to.length;
  const repeated = range(to.length).filter((axis) => to[axis] === 1 && from[axis + missing] !== 1);
  let result = dy;
  if (repeated.length > 0)
    result = reduceSum(
      edit,
      result,
      repeated.map((axis) => axis + missing),
      true,
    );
  if (missing > 0) result = reduceSum(edit, result, range(missing), false);
  return result;
}
