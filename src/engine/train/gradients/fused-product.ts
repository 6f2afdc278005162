import { attributeFloat, attributeInt, type Value } from '../../graph/index.ts';
import { range, scaled, transpose, unbroadcast } from './expressions.ts';
import type { GradientRule } from './rule.ts';

/**
 * FusedMatMul (onnxruntime/docs/ContribOperators.md): Y = α A' B' with A' = A or its last two axes exchanged, B' likewise, over batch axes that
 * are repeated as MatMul does: dA' = α dY B'ᵀ, dB' = α A'ᵀ dY, summed over repetitions and exchanged back.
 */
export const fusedMatMulGradient: GradientRule = (context) => {
  const { edit, node, dy, dims, needs, refuse } = context;
  if (attributeInt(node, 'transBatchA', 0) !== 0 || attributeInt(node, 'transBatchB', 0) !== 0)
    refuse('exchanged batch axes');
  const swapped = (value: Value, rank: number): Value =>
    transpose(edit, value, [...range(rank - 2), rank - 1, rank - 2]);
  const [a, b] = (['transA', 'transB'] as const).map((flag, i) => {
    const value = context.input(i);
    const shape = dims(value);
    if (shape.length < 2) refuse('vectors');
    const turned = attributeInt(node, flag, 0) === 1;
    const oriented = turned ? [...shape.slice(0, -2), ...shape.slice(-2).toReversed()] : shape;
    return { value: turned ? swapped(value, shape.length) : value, turned, shape: oriented };
  }) as [Operand, Operand];
  const alpha = attributeFloat(node, 'alpha', 1);
  const batches = dims(context.y).slice(0, -2);
  const finished = (gradient: Value, { shape, turned }: Operand): Value => {
    const whole = [...batches, ...shape.slice(-2)];
    const own = scaled(edit, unbroadcast(edit, gradient, whole, shape), alpha);
    return turned ? swapped(own, shape.length) : own;
  };
  return [
    needs(0) ? finished(edit.op('MatMul', [dy, swapped(b.value, b.shape.length)]), a) : undefined,
    needs(1) ? finished(edit.op('MatMul', [swapped(a.value, a.shape.length), dy]), b) : undefined,
  ];
};

interface Operand {
  /** As it is multiplied. */
  readonly value: Value;
  readonly turned: boolean;
  readonly shape: readonly number[];
}
