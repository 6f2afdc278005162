import type { Mutable } from './copy.ts';
import type { Graph, Node } from './model.ts';

/**
 * Removing a node from a list of 50,000 is slow when each removal moves the rest. While a graph is being edited, removed
 * nodes are only noted, and `graph.nodes` becomes a property that leaves them out when it is next read.
 */
export class NodeLists {
  readonly #lists = new Map<Graph, NodeList>();

  push(graph: Graph, node: Node): void {
    const list = this.#lists.get(graph);
    if (list === undefined) (graph.nodes as Node[]).push(node);
    else list.push(node);
  }

  drop(node: Node): void {
    const { graph } = node;
    let list = this.#lists.get(graph);
    if (list === undefined) {
      list = new NodeList(graph.nodes as Node[]);
      this.#lists.set(graph, list);
      const made = list;
      Object.defineProperty(graph, 'nodes', {
        configurable: true,
        enumerable: true,
        get: () => made.present(),
        set(nodes: Node[]) {
          made.replace(nodes);
        },
      });
    }
    list.drop(node);
  }

  /** Makes every `nodes` a plain array again. */
  release(): void {
    for (const [graph, list] of this.#lists) {
      const value = list.present();
      Object.defineProperty(graph, 'nodes', {
        configurable: true,
        enumerable: true,
        writable: true,
        value,
      });
      (graph as Mutable<Graph>).nodes = value;
    }
    this.#lists.clear();
  }
}

class NodeList {
  #nodes: Node[];
  readonly #gone = new Set<Node>();

  constructor(nodes: Node[]) {
    this.#nodes = nodes;
  }

  push(node: Node): void {
    this.#nodes.push(node);
  }

  drop(node: Node): void {
    this.#gone.add(node);
  }

  replace(nodes: Node[]): void {
    this.#nodes = nodes;
    this.#gone.clear();
  }

  present(): Node[] {
    if (this.#gone.size > 0) this.replace(this.#nodes.filter((node) => !this.#gone.has(node)));
    return this.#nodes;
  }
}
