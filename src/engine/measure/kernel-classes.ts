import type { ProfiledNode } from '../runtime/index.ts';

/** How a kernel of the profile computes, as far as verdicts go. Names as ONNX Runtime runs them, after fusion. */
const integerKernels = new Set([
  'QLinearConv',
  'QLinearConvTranspose',
  'QLinearMatMul',
  'QGemm',
  'QAttention',
  'ConvInteger',
  'MatMulInteger',
  'MatMulIntegerToFloat',
  'DynamicQuantizeMatMul',
  'DynamicQuantizeLSTM',
]);

const floatKernels = new Set([
  'Conv',
  'FusedConv',
  'NhwcFusedConv',
  'ConvTranspose',
  'ConvTransposeWithDynamicPads',
  'MatMul',
  'FusedMatMul',
  'FusedGemm',
  'Gemm',
  'Attention',
  'LSTM',
  'GRU',
  'RNN',
]);

export interface KernelCounts {
  /** Nodes that computed, without copies between devices. */
  readonly total: number;
  readonly integer: number;
  readonly float: number;
  /** Names of the floating-point ones, commonest first. */
  readonly floatNames: readonly string[];
  readonly copies: number;
  readonly onCpu: number;
  readonly onCpuNames: readonly string[];
}

export function countKernels(profile: readonly ProfiledNode[]): KernelCounts {
  const isCopy = ({ opType }: ProfiledNode): boolean => opType.startsWith('Memcpy');
  const computing = profile.filter((node) => !isCopy(node));
  const float = computing.filter(({ opType }) => floatKernels.has(opType));
  const onCpu = computing.filter(({ provider }) => provider === 'CPUExecutionProvider');
  return {
    total: computing.length,
    integer: computing.filter(({ opType }) => integerKernels.has(opType)).length,
    float: float.length,
    floatNames: commonest(float),
    copies: profile.length - computing.length,
    onCpu: onCpu.length,
    onCpuNames: commonest(onCpu),
  };
}

function commonest(nodes: readonly ProfiledNode[]): string[] {
  const counts = new Map<string, number>();
  for (const { opType } of nodes) counts.set(opType, (counts.get(opType) ?? 0) + 1);
  return [...counts]
    .toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .map(([name]) => name);
}
