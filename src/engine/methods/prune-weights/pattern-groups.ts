import { elementCount, type Tensor } from '../../tensor/index.ts';
import { magnitudeReader } from '../shared/magnitude-bits.ts';

/**
 * N:M sparsity: of every M weights that lie next to each other along the input-channel axis, the N largest stay. A Conv weight is
 * [out, in/group, kH, kW]: its groups are M consecutive input channels at one output channel and one kernel position, which is
 * what sparse tensor cores multiply (NVIDIA apex ASP permutes KCRS to RSKC and groups along C for the same reason;
 * Mishra et al. 2021, arXiv:2104.08378). Gemm and MatMul: along the reduction axis.
 * Equal magnitudes: the earlier one stays. An axis that M does not divide has no such layout and is refused by the plan.
 */
export interface GroupShape {
  readonly n: number;
  readonly m: number;
  readonly axis: number;
}

/** Visits the elements that the pattern drops. O(elements × M). */
export function forEachDropped(
  tensor: Tensor,
  shape: GroupShape,
  drop: (index: number) => void,
): void {
  const { n, m, axis } = shape;
  const length = tensor.dims[axis] ?? 0;
  const stride = elementCount(tensor.dims.slice(axis + 1));
  const outer = elementCount(tensor.dims.slice(0, axis));
  const magnitude = magnitudeReader(tensor);
  const group = new Uint32Array(m);
  for (let o = 0; o < outer; o++)
    for (let start = 0; start < length; start += m)
      for (let inner = 0; inner < stride; inner++) {
        const first = (o * length + start) * stride + inner;
        for (let i = 0; i < m; i++) group[i] = magnitude(first + i * stride);
        for (let i = 0; i < m; i++) if (rank(group, i) >= n) drop(first + i * stride);
      }
}

/** How many of the group come before element `i`: larger, or equal and earlier. */
function rank(group: Uint32Array, i: number): number {
  const own = group[i] as number;
  let before = 0;
  for (let j = 0; j < group.length; j++) {
    const other = group[j] as number;
    if (other > own || (other === own && j < i)) before++;
  }
  return before;
}

/** Non-zero weights that the pattern drops; kept per tensor, for it does not depend on any slider. */
export function countDroppedNonzero(tensor: Tensor, shape: GroupShape): number {
  const key = `${shape.n}:${shape.m}/${shape.axis}`;
  const known = counts.get(tensor)?.get(key);
  if (known !== undefined) return known;
  const magnitude = magnitudeReader(tensor);
  let count = 0;
  forEachDropped(tensor, shape, (index) => {
    if (magnitude(index) !== 0) count++;
  });
  const perTensor = counts.get(tensor) ?? new Map<string, number>();
  counts.set(tensor, perTensor.set(key, count));
  return count;
}

const counts = new WeakMap<Tensor, Map<string, number>>();
