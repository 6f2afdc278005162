import { allGraphs, allNodes, type Dim, type Model, type Value } from '../graph/index.ts';
import type { DType } from '../tensor/index.ts';
import { storedBytes } from './layers.ts';
import { macRule } from './macs-table.ts';
import { countParameters } from './parameters.ts';

/** What is known of a model by looking at it, as plain data: the first thing the studio shows, and `inspect --json`. */
export interface ModelSummary {
  /** Bytes of the `.onnx` and its external data together. */
  readonly sizeBytes: number;
  readonly params: number;
  readonly irVersion: number;
  readonly producer: string;
  /** Domain ('' is ai.onnx) → version. */
  readonly opsets: Readonly<Record<string, number>>;
  readonly inputs: readonly SlotSummary[];
  readonly outputs: readonly SlotSummary[];
  /** Nodes of all graphs; of them inside If, Loop and Scan. */
  readonly nodes: number;
  readonly nodesInSubgraphs: number;
  /** Most frequent first. */
  readonly operators: readonly OperatorCount[];
  /** Bytes of all stored tensors by element type, most first. */
  readonly dtypes: readonly DTypeShare[];
  readonly weightBytes: number;
  /** `domain:name` of functions defined in the file. */
  readonly functions: readonly string[];
  /** Operators that are neither ONNX's nor ONNX Runtime's nor defined in the file: `domain:name`. */
  readonly customOperators: readonly string[];
  readonly externalFiles: readonly string[];
}

export interface SlotSummary {
  readonly name: string;
  /** undefined: not stated; a description where it is no tensor. */
  readonly type: string | undefined;
  /** null: not stated at all; a null entry: an unnamed open dimension. */
  readonly dims: readonly (number | string | null)[] | null;
}

export interface OperatorCount {
  readonly opType: string;
  readonly domain: string;
  readonly count: number;
}

export interface DTypeShare {
  readonly dtype: DType;
  readonly tensors: number;
  readonly bytes: number;
}

/** Linear in the number of nodes and tensors; reads no weight. `sizeBytes` counts external files, whose names are given. */
export function summarize(
  model: Model,
  sizeBytes: number,
  externalFiles: readonly string[] = [],
): ModelSummary {
  const nodes = [...allNodes(model.graph)];
  const dtypes = dtypeShares(model);
  const functions = model.functions.map((fn) => `${fn.domain}:${fn.name}`);
  const operators = countOperators(nodes);
  return {
    sizeBytes,
    params: countParameters(model).total,
    irVersion: model.irVersion,
    producer: `${model.producer.name} ${model.producer.version}`.trim(),
    opsets: Object.fromEntries(model.opsets),
    inputs: model.graph.inputs.filter((input) => input.constant === undefined).map(slotSummary),
    outputs: model.graph.outputs.map(slotSummary),
    nodes: nodes.length,
    nodesInSubgraphs: nodes.length - model.graph.nodes.length,
    operators,
    dtypes,
    weightBytes: dtypes.reduce((sum, share) => sum + share.bytes, 0),
    functions,
    customOperators: operators
      .filter(
        ({ domain, opType }) =>
          isCustom(domain, opType) && !functions.includes(`${domain}:${opType}`),
      )
      .map(({ domain, opType }) => `${domain}:${opType}`),
    externalFiles,
  };
}

/** Classical machine learning and training operators are ONNX's own too. */
const ownDomains = [
  'ai.onnx.ml',
  'ai.onnx.training',
  'ai.onnx.preview',
  'ai.onnx.preview.training',
  'com.ms.internal.nhwc',
];

const isCustom = (domain: string, opType: string): boolean =>
  !ownDomains.includes(domain) &&
  domain !== 'com.microsoft' &&
  macRule(domain, opType) === undefined;

function countOperators(
  nodes: readonly { readonly domain: string; readonly opType: string }[],
): OperatorCount[] {
  const counts = new Map<string, { opType: string; domain: string; count: number }>();
  for (const { domain, opType } of nodes) {
    const key = `${domain}:${opType}`;
    const entry = counts.get(key);
    if (entry === undefined) counts.set(key, { opType, domain, count: 1 });
    else entry.count++;
  }
  return [...counts.values()].toSorted(
    (a, b) => b.count - a.count || (a.opType < b.opType ? -1 : 1),
  );
}

function dtypeShares(model: Model): DTypeShare[] {
  const shares = new Map<DType, { dtype: DType; tensors: number; bytes: number }>();
  const add = (dtype: DType, bytes: number): void => {
    const share = shares.get(dtype) ?? { dtype, tensors: 0, bytes: 0 };
    share.tensors++;
    share.bytes += bytes;
    shares.set(dtype, share);
  };
  for (const graph of allGraphs(model.graph)) {
    for (const { constant, sparse } of graph.constants) {
      if (constant !== undefined) add(constant.dtype, storedBytes(constant));
      else if (sparse !== undefined) add(sparse.values.dtype, storedBytes(sparse));
    }
    for (const node of graph.nodes)
      for (const attribute of node.attributes.values())
        if (attribute.kind === 'tensor') add(attribute.value.dtype, storedBytes(attribute.value));
  }
  return [...shares.values()].toSorted((a, b) => b.bytes - a.bytes);
}

function slotSummary(value: Value): SlotSummary {
  const type = value.type;
  if (type === undefined) return { name: value.name, type: undefined, dims: null };
  if (type.kind === 'other') return { name: value.name, type: type.description, dims: null };
  const plain = (dim: Dim): number | string | null =>
    dim === undefined || dim === '' || (typeof dim === 'number' && dim < 0) ? null : dim;
  return { name: value.name, type: type.dtype, dims: type.dims?.map(plain) ?? null };
}
