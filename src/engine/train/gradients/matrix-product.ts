import { attributeFloat, attributeInt, type Value } from '../../graph/index.ts';
import { gemm, int64s, range, reshape, scaled, transpose, unbroadcast } from './expressions.ts';
import type { GradientRule } from './rule.ts';
import { at } from './window.ts';

/**
 * Gemm: Y = α A' B' + β C, A' = A or Aᵀ, B' = B or Bᵀ. dA' = α dY B'ᵀ, dB' = α A'ᵀ dY; the
 * transposes fold into the flags. MatMul: the same per batch; operands that were repeated over
 * batch dimensions are summed; a vector is a matrix of one row (left) or one column (right).
 */
export const gemmGradient: GradientRule = (context) => {
  const { edit, node, dy, needs } = context;
  const a = context.input(0);
  const b = context.input(1);
  const c = node.inputs[2];
  const alpha = attributeFloat(node, 'alpha', 1);
  const transA = attributeInt(node, 'transA', 0) === 1;
  const transB = attributeInt(node, 'transB', 0) === 1;
  const da = () =>
    transA ? gemm(edit, b, dy, transB, true, alpha) : gemm(edit, dy, b, false, !transB, alpha);
  const db = () =>
    transB ? gemm(edit, dy, a, true, transA, alpha) : gemm(edit, a, dy, !transA, false, alpha);
  const dc = (bias: Value) => {
    const beta = attributeFloat(node, 'beta', 1);
    return scaled(edit, unbroadcast(edit, dy, context.dims(context.y), context.dims(bias)), beta);
  };
  return [
    needs(0) ? da() : undefined,
    needs(1) ? db() : undefined,
    c !== undefined && needs(2) ? dc(c) : undefined,
  ];
};

export const matMulGradient: GradientRule = (context) => {
  const { edit, needs, dims } = context;
  const given = [context.input(0), context.input(1)] as const;
  const [aIsRow, bIsColumn] = [dims(given[0]).length === 1, dims(given[1]).length === 1];
  const unsqueezed = (value: Value, isVector: boolean, axes: readonly number[]): Value =>
    isVector ? edit.op('Unsqueeze', [value, int64s(edit, axes)]) : value;
  const a = unsqueezed(given[0], aIsRow, [0]);
  const b = unsqueezed(given[1], bIsColumn, [1]);
  const dy = unsqueezed(unsqueezed(context.dy, bIsColumn, [-1]), aIsRow, [-2]);
  const aDims = aIsRow ? [1, ...dims(given[0])] : dims(given[0]);
  const bDims = bIsColumn ? [...dims(given[1]), 1] : dims(given[1]);
  const outDims = dims(context.y);
  const batches = outDims.slice(0, outDims.length - 2 + Number(aIsRow) + Number(bIsColumn));
  const swapped = (rank: number): number[] => [...range(rank - 2), rank - 1, rank - 2];
  const sumBatches = (gradient: Value, to: readonly number[]): Value =>
    unbroadcast(edit, gradient, [...batches, ...to.slice(-2)], to);
  const da = () =>
    sumBatches(edit.op('MatMul', [dy, transpose(edit, b, swapped(bDims.length))]), aDims);
  const db = () => {
    if (bDims.length === 2) {
      // One product over all rows instead of one per batch and a sum.
      const rows = (x: Value, width: number): Value => reshape(edit, x, [-1, width]);
      const width = at(bDims, 1);
      return gemm(edit, rows(a, at(aDims, aDims.length - 1)), rows(dy, width), true, false);
    }
    return sumBatches(edit.op('MatMul', [transpose(edit, a, swapped(aDims.length)), dy]), bDims);
  };
  const asGiven = (gradient: Value, isVector: boolean): Value =>
    isVector ? reshape(edit, gradient, [-1]) : gradient;
  return [
    needs(0) ? asGiven(da(), aIsRow) : undefined,
    needs(1) ? asGiven(db(), bIsColumn) : undefined,
  ];
};
