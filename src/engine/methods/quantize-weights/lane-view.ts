import { isOp } from '../../graph/index.ts';
import type { WeightTarget } from '../shared/weight-targets.ts';
import type { LaneView } from './block-grid.ts';

/**
 * How a weight is cut into lanes, so that a block lies within what one output sums (as far as the layout allows without moving data):
 *
 *   axis 1: rows of the matrix [dims[0], rest]    Conv [out, in·kH·kW], Gemm with transB [N, K], recurrent [dirs·gates, in]
 *   axis 0: columns of the matrix [K, N]          MatMul and Gemm B; leading dims of a batched B are joined with K
 *
 * ConvTranspose [in, out/group, kernel] is cut along axis 1 too: its rows hold several outputs.
 */
export interface WeightMatrix {
  readonly rows: number;
  readonly columns: number;
  /** The axis along which blocks run. */
  readonly axis: 0 | 1;
  readonly view: LaneView;
}

export function weightMatrix({ tensor, inputAxis, count, sites }: WeightTarget): WeightMatrix {
  const { dims } = tensor;
  const last = dims[dims.length - 1] ?? 1;
  const product = sites.every(({ node }) => isOp(node, 'MatMul', 'Gemm'));
  if (product && inputAxis === dims.length - 2) {
    const rows = count / last;
    return {
      rows,
      columns: last,
      axis: 0,
      view: { lanes: last, length: rows, laneStride: 1, stride: last },
    };
  }
  const columns = inputAxis === dims.length - 1 ? last : count / (dims[0] ?? 1);
  const rows = count / columns;
  return {
    rows,
    columns,
    axis: 1,
    view: { lanes: rows, length: columns, laneStride: columns, stride: 1 },
  };
}
