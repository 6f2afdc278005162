import { isOp, type Node } from '../../graph/index.ts';
import type { ProfiledNode } from '../../runtime/index.ts';
import type { Placement } from './place-pairs.ts';

/**
 * Which integer kernels a plan expects to see, and what a profile shows. A pair that did not fuse leaves its node in float with Q/DQ
 * around it, slower than before: the only proof of the opposite is the list of kernels that really ran.
 */
export interface FusionPlan {
  /** Operator name in the profile → number of nodes that must run under it. */
  readonly kernels: Readonly<Record<string, number>>;
  /** Weighted nodes that stay in float on purpose. */
  readonly floatNodes: number;
}

export interface FusionProof {
  readonly planned: number;
  readonly fused: number;
  /** Convolutions and products that ran in float. */
  readonly ranInFloat: number;
  readonly rows: readonly {
    readonly kernel: string;
    readonly planned: number;
    readonly ran: number;
  }[];
  /** Every planned kernel ran, and no more than the planned nodes ran in float. */
  readonly complete: boolean;
}

/**
 * A product is one of three kernels: with or without a quantized output, and as Gemm where the runtime could merge the Add of its
 * bias (which needs shapes it can infer). All three multiply integers, so they count as one.
 */
const productKernels: ReadonlySet<string> = new Set([
  'QGemm',
  'QLinearMatMul',
  'MatMulIntegerToFloat',
]);
const product = 'QLinearMatMul, QGemm or MatMulIntegerToFloat';
const kernelName = (opType: string): string => (productKernels.has(opType) ? product : opType);

const floatKernels: ReadonlySet<string> = new Set([
  'Conv',
  'FusedConv',
  'ConvTranspose',
  'MatMul',
  'FusedMatMul',
  'Gemm',
  'FusedGemm',
  'MatMulNBits',
]);

/** `unfused`: integer nodes whose pairs the runtime is known not to fuse. */
export function planFusion(
  placement: Placement,
  unfused: ReadonlySet<Node>,
  floatNodes: number,
): FusionPlan {
  const kernels: Record<string, number> = {};
  for (const { node, operator } of placement.integers) {
    if (operator.role === 'moving' || unfused.has(node)) continue;
    const name = kernelName(operator.kernel);
    kernels[name] = (kernels[name] ?? 0) + 1;
  }
  return { kernels, floatNodes };
}

/** Weighted operators of a graph, for `floatNodes`: those not in `integers`. */
export const countsAsFloat = (node: Node, integers: ReadonlySet<Node>): boolean =>
  isOp(node, 'Conv', 'ConvTranspose', 'MatMul', 'Gemm') && !integers.has(node);

export function proveFusion(profile: readonly ProfiledNode[], plan: FusionPlan): FusionProof {
  const ran = new Map<string, number>();
  for (const { opType } of profile)
    ran.set(kernelName(opType), (ran.get(kernelName(opType)) ?? 0) + 1);
  const rows = Object.entries(plan.kernels).map(([kernel, planned]) => ({
    kernel,
    planned,
    ran: ran.get(kernel) ?? 0,
  }));
  const ranInFloat = [...ran].reduce(
    (sum, [opType, count]) => sum + (floatKernels.has(opType) ? count : 0),
    0,
  );
  return {
    rows,
    planned: rows.reduce((sum, row) => sum + row.planned, 0),
    fused: rows.reduce((sum, row) => sum + Math.min(row.ran, row.planned), 0),
    ranInFloat,
    complete: rows.every((row) => row.ran === row.planned) && ranInFloat <= plan.floatNodes,
  };
}
