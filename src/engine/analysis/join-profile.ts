import type { ProfiledNode } from '../runtime/index.ts';
import type { LayerRow, LayerRun } from './layers.ts';

/**
 * Which kernel belongs to which layer. ONNX Runtime names a kernel after the node it came from and says in the name what was done
 * (1.30, seen on the models of its own zoo):
 *
 *   conv1                              fused with what follows (FusedConv, QLinearConv), or left as it was
 *   conv1_token_12                     a name made unique
 *   Mul_43/QuickGeluFusion/            a fusion that names itself after one of the nodes it replaced; also nested:
 *   MatMul_9/MatmulTransposeFusion//MatMulScaleFusion/
 *   fused Gemm_609, conv1_nchwc, nchwc_reorder…      by other passes
 *   Transpose, Attention, InsertedPrecisionFreeCast_x   made up: no node of ours; kept apart as the remainder
 */
export interface JoinedProfile {
  readonly layers: readonly LayerRow[];
  /** Kernels that no layer answers for: layout changes, casts, fusions of many nodes. */
  readonly remainder: LayerRun | undefined;
  readonly totalUs: number;
}

/** `profile` is of the same model, profiled as `withLayerNames` gives it. */
export function joinProfile(
  layers: readonly LayerRow[],
  profile: readonly ProfiledNode[],
): JoinedProfile {
  const known = new Set(layers.map((layer) => layer.name));
  const kernels = new Map<string | undefined, ProfiledNode[]>();
  for (const kernel of profile) {
    const layer = layerOf(kernel.name, known);
    const list = kernels.get(layer);
    if (list === undefined) kernels.set(layer, [kernel]);
    else list.push(kernel);
  }
  const totalUs = profile.reduce((sum, kernel) => sum + kernel.durationUs, 0);
  const runOf = (name: string | undefined): LayerRun | undefined => {
    const own = kernels.get(name);
    return own === undefined ? undefined : summarizeKernels(own, totalUs);
  };
  return {
    layers: layers.map((layer) => ({ ...layer, ran: runOf(layer.name) })),
    remainder: runOf(undefined),
    totalUs,
  };
}

function layerOf(kernel: string, known: ReadonlySet<string>): string | undefined {
  for (let name = kernel; name !== ''; ) {
    if (known.has(name)) return name;
    const shorter = name
      .replace(/_token_\d+$/, '')
      .replace(/\/\w*Fusion\/?$/, '')
      .replace(/_(nchwc|nhwc)$/i, '')
      .replace(/^fused /, '')
      .replace(/\/$/, '');
    if (shorter === name) return undefined;
    name = shorter;
  }
  return undefined;
}

function summarizeKernels(kernels: readonly ProfiledNode[], totalUs: number): LayerRun {
  const latencyUs = kernels.reduce((sum, kernel) => sum + kernel.durationUs, 0);
  return {
    opTypes: [...new Set(kernels.map((kernel) => kernel.opType))],
    providers: [...new Set(kernels.map((kernel) => kernel.provider))],
    latencyUs,
    share: totalUs === 0 ? 0 : latencyUs / totalUs,
  };
}
