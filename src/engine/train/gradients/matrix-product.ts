import { attributeFloat, attributeInt, type Value } from '../../graph/index.ts';
import { gemm, range, reshape, scaled, transpose, unbroadcast } from './expressions.ts';
import type { GradientRule } from './rule.ts';

/**
 * Gemm: Y = α A' B' + β C, A' = A or Aᵀ, B' = B or Bᵀ. dA' = α dY B'ᵀ, dB' = α A'ᵀ dY; the
 * transposes fold into the flags. MatMul: the same per batch; operands that were repeated over
 * batch dimensions are summed.
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
  const { edit, dy, needs, dims } = context;
  const a = context.input(0);
  const b = context.input(1);
  const aDims = dims(a);
  const bDims = dims(b);
  if (aDims.length < 2 || bDims.length < 2) context.refuse('MatMul with a vector operand');
  const outDims = dims(context.y);
  const swapped = (rank: number): number[] => [...range(rank - 2), rank - 1, rank - 2];
  const sumBatches = (gradient: Value, to: readonly number[]): Value =>
    unbroadcast(edit, gradient, [...outDims.slice(0, -2), ...to.slice(-2)], to);
  const da = () =>
    sumBatches(edit.op('MatMul', [dy, transpose(edit, b, swapped(bDims.length))]), aDims);
  const db = () => {
    if (bDims.length === 2) {
      // One product over all rows instead of one per batch and a sum.
      const rows = (x: Value, width: number): Value => reshape(edit, x, [-1, width]);
      return gemm(edit, rows(a, aDims.at(-1) ?? 1), rows(dy, outDims.at(-1) ?? 1), true, false);
    }
    return sumBatches(edit.op('MatMul', [transpose(edit, a, swapped(aDims.length)), dy]), bDims);
  };
  return [needs(0) ? da() : undefined, needs(1) ? db() : undefined];
};
