import type { Part } from '../core/index.ts';
import type { Attribute, Graph, Mutable, Node, Value, ValueType } from '../graph/index.ts';
import type { ExternalFiles } from './external-data.ts';
import type { NamedTensor } from './read-tensor.ts';
import type { SparseTensor } from '../tensor/index.ts';
import type { WireCursor } from './wire-cursor.ts';

/** What the reader has of a graph between reading its bytes and linking its names. */
export interface ReadContext {
  readonly c: WireCursor;
  readonly files: ExternalFiles;
}

export interface NodeDraft {
  readonly node: Mutable<Node> & { attributes: Map<string, Attribute> };
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Those of the node's attributes, in order. */
  readonly subgraphs: readonly GraphDraft[];
}

export interface ValueInfo {
  readonly name: string;
  readonly type: ValueType | undefined;
  readonly rest: readonly Part[] | undefined;
}

export type MutableGraph = Mutable<Graph> & {
  inputs: Value[];
  outputs: Value[];
  nodes: Node[];
  constants: Value[];
  annotated: Value[];
};

export interface GraphDraft {
  readonly graph: MutableGraph;
  /** Field path, for errors. */
  readonly path: string;
  readonly nodes: NodeDraft[];
  readonly initializers: NamedTensor[];
  readonly sparse: { name: string; tensor: SparseTensor }[];
  readonly inputs: ValueInfo[];
  readonly outputs: ValueInfo[];
  readonly infos: ValueInfo[];
  readonly rest: Part[];
}
