import type { Part } from '../core/index.ts';
import type { Mutable, MutableGraph, Node, Value, ValueType } from '../graph/index.ts';
import type { ExternalFiles } from './external-data.ts';
import type { AttributeFields } from './attribute-fields.ts';
import type { NamedTensor } from './read-tensor.ts';
import type { SparseTensor } from '../tensor/index.ts';
import type { WireCursor } from './wire-cursor.ts';

/** What the reader has of a graph between reading its bytes and linking its names. */
export interface ReadContext {
  readonly c: WireCursor;
  /** The innermost graph being read. */
  within: GraphDraft | undefined;
  readonly files: ExternalFiles;
  /** Names of inputs and outputs of the nodes being read, innermost last. */
  readonly inputs: NameStack;
  readonly outputs: NameStack;
  /** readGraph of read-graph.ts, which attributes need and which needs attributes. */
  readGraph(context: ReadContext, end: number, depth: number): GraphDraft;
  /** For read-attribute.ts. */
  readonly scratch: AttributeFields[];
}

/** A growing list that hands out its top as an array of exact length; shared, so that 50,000 nodes grow none of their own. */
export class NameStack {
  readonly #names: string[] = [];
  top = 0;

  push(name: string): void {
    this.#names[this.top++] = name;
  }

  /** What was pushed since the top was at `base`, taken off. */
  take(base: number): string[] {
    const names = this.#names.slice(base, this.top);
    this.top = base;
    return names;
  }
}

/** A node whose inputs and outputs are names until they are linked, in place. */
export type NodeDraft = Mutable<Omit<Node, 'inputs' | 'outputs'>> & {
  inputs: (string | Value | undefined)[];
  outputs: (string | Value | undefined)[];
};

export interface ValueInfo {
  readonly name: string;
  readonly type: ValueType | undefined;
  readonly rest: readonly Part[] | undefined;
}

export interface GraphDraft {
  readonly graph: MutableGraph;
  /** The graph around it, and the way from there: `node[3].attribute[0].g`. */
  readonly outer: GraphDraft | undefined;
  readonly step: string;
  /** Fields of the cursor's path up to here. */
  readonly pathDepth: number;
  readonly nodes: NodeDraft[];
  /** The graphs in nodes' attributes, in order. */
  readonly subgraphs: Map<NodeDraft, GraphDraft[]>;
  readonly initializers: NamedTensor[];
  readonly sparse: { name: string; tensor: SparseTensor }[];
  readonly inputs: ValueInfo[];
  readonly outputs: ValueInfo[];
  readonly infos: ValueInfo[];
  readonly rest: Part[];
}

/** Field path of the graph, made when an error asks for it. */
export function pathOf(draft: GraphDraft): string {
  const steps: string[] = [];
  for (let graph: GraphDraft | undefined = draft; graph !== undefined; graph = graph.outer)
    steps.unshift(graph.step);
  return steps.join('.');
}
