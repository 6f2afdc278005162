import { intAttribute, type ModelEdit, type Value } from '../graph/index.ts';
import { add, div, mul, scalar } from './gradients/expressions.ts';

/**
 * Gradients shortened together so that their common L2 norm is at most `limit` (Pascanu, Mikolov & Bengio 2013):
 * g ← g · limit / max(norm, limit).
 */
export function clipByGlobalNorm(
  edit: ModelEdit,
  gradients: readonly Value[],
  limit: number,
): { readonly norm: Value; readonly clipped: readonly Value[] } {
  const squares = gradients.map((gradient) =>
    edit.op('ReduceSum', [mul(edit, gradient, gradient)], { keepdims: intAttribute(0) }),
  );
  const [first, ...rest] = squares;
  if (first === undefined) return { norm: scalar(edit, 0), clipped: [] };
  const norm = edit.op('Sqrt', [rest.reduce((sum, square) => add(edit, sum, square), first)]);
  const most = scalar(edit, limit);
  const factor = div(edit, most, edit.op('Max', [norm, most]));
  return { norm, clipped: gradients.map((gradient) => mul(edit, gradient, factor)) };
}
