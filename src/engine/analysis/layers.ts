import { edit, type Model, type Node } from '../graph/index.ts';
import type { ShapeMap } from '../runtime/index.ts';
import {
  dtypeTable,
  packedBytes,
  elementCount,
  tensorByteLength,
  type SparseTensor,
  type Tensor,
} from '../tensor/index.ts';
import { countMacs } from './macs.ts';
import { countParameters, nonzeroOf } from './parameters.ts';

/**
 * The model node by node, as the tables and bars of the studio show it. Plain data: it crosses the worker's border.
 * Constant nodes are left out, as they run nowhere.
 */
export interface LayerRow {
  /** Unique; the node's own name where it has one that nobody shares. */
  readonly name: string;
  readonly opType: string;
  readonly domain: string;
  readonly params: number;
  readonly nonzeroParams: number;
  /** undefined: not known (no shapes, or no rule for the operator). */
  readonly macs: number | undefined;
  /** Bytes of the node's weights as stored. */
  readonly weightBytes: number;
  readonly outputShape: readonly number[] | undefined;
  /** What the profile says of it; undefined when there was no profile or it shows no kernel for this node (folded or fused away). */
  readonly ran: LayerRun | undefined;
}

export interface LayerRun {
  /** Operator as it ran, after fusion: `FusedConv`, `QLinearConv` … Several when the node became several kernels. */
  readonly opTypes: readonly string[];
  readonly providers: readonly string[];
  readonly latencyUs: number;
  /** Share of the whole run, 0..1. */
  readonly share: number;
}

/** One row per node of the main graph, in its order. `shapes` undefined: MACs and output shapes stay unknown. */
export function layerRows(model: Model, shapes: ShapeMap | undefined): LayerRow[] {
  const names = layerNames(model);
  const macs = shapes === undefined ? undefined : countMacs(model, shapes).byNode;
  const weights = weightsByNode(model);
  return model.graph.nodes
    .filter((node) => node.domain !== '' || node.opType !== 'Constant')
    .map((node) => {
      const [output] = node.outputs;
      const own = weights.get(node);
      return {
        name: names.get(node) ?? '',
        opType: node.opType,
        domain: node.domain,
        params: own?.params ?? 0,
        nonzeroParams: own?.nonzero ?? 0,
        macs: macs?.get(node),
        weightBytes: own?.bytes ?? 0,
        outputShape: output === undefined ? undefined : shapes?.get(output),
        ran: undefined,
      };
    });
}

/**
 * A unique name for every node of the main graph: its own, unless that is empty or taken by an earlier node; else the operator
 * and the node's position. The same model always gives the same names.
 */
export function layerNames(model: Model): Map<Node, string> {
  const names = new Map<Node, string>();
  const taken = new Set(model.graph.nodes.map((node) => node.name));
  const given = new Set<string>();
  model.graph.nodes.forEach((node, position) => {
    let name = node.name;
    if (name === '' || given.has(name)) {
      const base = `${node.name || node.opType}_${position}`;
      name = base;
      for (let i = 1; taken.has(name); i++) name = `${base}_${i}`;
      taken.add(name);
    }
    given.add(name);
    names.set(node, name);
  });
  return names;
}

/**
 * The same model with `layerNames` written into its nodes: the one to profile. ONNX Runtime names fused kernels after their
 * nodes, and nodes without a name after indices that its own fusions move.
 */
export function withLayerNames(model: Model): Model {
  const names = layerNames(model);
  if ([...names].every(([node, name]) => node.name === name)) return model;
  return edit(model, (change) => {
    for (const [node, name] of names) change.renameNode(node, name);
  });
}

interface NodeWeights {
  params: number;
  nonzero: number;
  bytes: number;
}

function weightsByNode(model: Model): Map<Node, NodeWeights> {
  const found = new Map<Node, NodeWeights>();
  for (const parameter of countParameters(model).parameters) {
    if (parameter.node === undefined) continue;
    const sum = found.get(parameter.node) ?? { params: 0, nonzero: 0, bytes: 0 };
    sum.params += parameter.count;
    sum.nonzero += nonzeroOf(parameter);
    sum.bytes += storedBytes(parameter.tensor);
    found.set(parameter.node, sum);
  }
  return found;
}

/** Bytes of the packed elements as the file holds them. */
export function storedBytes(tensor: Tensor | SparseTensor): number {
  if ('values' in tensor) return tensorByteLength(tensor.values) + tensorByteLength(tensor.indices);
  return dtypeTable[tensor.dtype].kind === 'string'
    ? tensorByteLength(tensor)
    : packedBytes(tensor.dtype, elementCount(tensor.dims));
}
