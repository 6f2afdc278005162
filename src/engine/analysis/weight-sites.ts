import { allNodes, attributeInt, type Model, type Node, type Value } from '../graph/index.ts';

/**
 * Where a model keeps its weights: constants that an operator reads as the matrix or kernel it multiplies by, with the axes of
 * the weight's own layout that mean output and input channels:
 *
 *   Conv            [out, in/group, kernel…]   out 0, in 1
 *   ConvTranspose   [in, out/group, kernel…]   out 1, in 0
 *   Gemm B          [K, N] or transB [N, K]    out N, in K      (A likewise: rows are its outputs)
 *   MatMul B        […, K, N]                  out N, in K      (A: […, M, K])
 *   LSTM, GRU, RNN  W and R [dirs, gates·hidden, in]  out 1, in 2
 *   Gather          [rows, width] along axis 0: an embedding; rows are looked up, not summed
 *
 * Direct constants only. A weight that comes through Identity, Cast or Transpose is found by `indirectWeightSites`; one that
 * comes through DequantizeLinear is quantized already and is nobody's to change.
 */
export interface WeightSite {
  readonly value: Value;
  readonly node: Node;
  /** Index of the input of `node` that reads it. */
  readonly index: number;
  /** Axis of output channels, and of input channels (reduction) in the weight's own layout. */
  readonly outputAxis: number;
  readonly inputAxis: number;
  readonly kind: WeightKind;
}

export type WeightKind = 'conv' | 'conv-transpose' | 'gemm' | 'matmul' | 'recurrent' | 'embedding';

/** A weight that reaches its operator through other nodes; the axes are those of the constant, before them. */
export interface IndirectWeightSite extends WeightSite {
  /** The nodes between the constant and `node`, the constant's own reader first. */
  readonly via: readonly Node[];
}

/** All direct sites of the model, subgraphs included, in the order of the nodes; embeddings too. */
export function weightSites(model: Model): WeightSite[] {
  const sites: WeightSite[] = [];
  for (const node of allNodes(model.graph)) {
    for (const slot of slotsOf(node)) {
      const value = node.inputs[slot.index];
      const rank = value?.constant?.dims.length;
      if (value === undefined || rank === undefined) continue;
      const site = siteOf(value, node, slot, rank);
      if (site !== undefined) sites.push(site);
    }
  }
  return sites;
}

/** Sites whose constant is reached through Identity, Cast or Transpose. */
export function indirectWeightSites(model: Model): IndirectWeightSite[] {
  const sites: IndirectWeightSite[] = [];
  for (const node of allNodes(model.graph)) {
    for (const slot of slotsOf(node)) {
      const path = traceToConstant(node.inputs[slot.index]);
      if (path === undefined || path.via.length === 0) continue;
      const rank = path.value.constant?.dims.length ?? 0;
      const site = siteOf(path.value, node, slot, rank);
      if (site === undefined) continue;
      const axis = (at: number): number =>
        path.via.reduceRight((a, through) => axisBefore(through, a, rank), at);
      sites.push({
        ...site,
        outputAxis: axis(site.outputAxis),
        inputAxis: axis(site.inputAxis),
        via: path.via,
      });
    }
  }
  return sites;
}

/** One input of an operator that may hold a weight; axes counted from the end when negative. */
interface Slot {
  readonly index: number;
  readonly kind: WeightKind;
  readonly outputAxis: number;
  readonly inputAxis: number;
  readonly minRank: number;
}

const slot = (
  index: number,
  kind: WeightKind,
  outputAxis: number,
  inputAxis: number,
  minRank: number,
): Slot => ({
  index,
  kind,
  outputAxis,
  inputAxis,
  minRank,
});

function slotsOf(node: Node): readonly Slot[] {
  if (node.domain !== '') return [];
  switch (node.opType) {
    case 'Conv':
      return [slot(1, 'conv', 0, 1, 3)];
    case 'ConvTranspose':
      return [slot(1, 'conv-transpose', 1, 0, 3)];
    case 'Gemm': {
      const a =
        attributeInt(node, 'transA', 0) === 0 ? slot(0, 'gemm', 0, 1, 2) : slot(0, 'gemm', 1, 0, 2);
      const b =
        attributeInt(node, 'transB', 0) === 0 ? slot(1, 'gemm', 1, 0, 2) : slot(1, 'gemm', 0, 1, 2);
      return [a, b];
    }
    case 'MatMul':
      return [slot(0, 'matmul', -2, -1, 2), slot(1, 'matmul', -1, -2, 2)];
    case 'LSTM':
    case 'GRU':
    case 'RNN':
      return [slot(1, 'recurrent', 1, 2, 3), slot(2, 'recurrent', 1, 2, 3)];
    case 'Gather':
      return attributeInt(node, 'axis', 0) === 0 ? [slot(0, 'embedding', 1, 0, 2)] : [];
    default:
      return [];
  }
}

function siteOf(value: Value, node: Node, at: Slot, rank: number): WeightSite | undefined {
  if (rank < at.minRank) return undefined;
  // An integer table that Gather reads holds positions or masks, not an embedding.
  if (at.kind === 'embedding' && !/^b?float/.test(value.constant?.dtype ?? '')) return undefined;
  const axis = (a: number): number => (a < 0 ? rank + a : a);
  return {
    value,
    node,
    index: at.index,
    outputAxis: axis(at.outputAxis),
    inputAxis: axis(at.inputAxis),
    kind: at.kind,
  };
}

function traceToConstant(value: Value | undefined): { value: Value; via: Node[] } | undefined {
  const via: Node[] = [];
  let at = value;
  while (at !== undefined && at.constant === undefined) {
    const node = at.producer;
    if (
      node === undefined ||
      node.domain !== '' ||
      !['Identity', 'Cast', 'Transpose'].includes(node.opType)
    )
      return undefined;
    via.unshift(node);
    at = node.inputs[0];
  }
  return at === undefined ? undefined : { value: at, via };
}

/** The axis of a node's input that becomes axis `axis` of its output. */
function axisBefore(node: Node, axis: number, rank: number): number {
  if (node.opType !== 'Transpose') return axis;
  const perm = node.attributes.get('perm');
  return perm?.kind === 'ints' ? Number(perm.value[axis]) : rank - 1 - axis;
}
