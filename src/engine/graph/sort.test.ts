import { describe, expect, it } from 'vitest';
import { createRng, permutation } from '../core/index.ts';
import {
  buildModel,
  type Graph,
  type Mutable,
  type Node,
  sortTopologically,
  type Value,
  verify,
} from './index.ts';

const float = { kind: 'tensor', dtype: 'float32', dims: [4] } as const;

const graphOf = (count: number, seed: number): Mutable<Graph> =>
  buildModel(17, (e) => {
    const rng = createRng(seed);
    const values: Value[] = [e.addInput('x', float)];
    for (let i = 0; i < count; i++) {
      const pick = (): Value => values[rng.integer(values.length)] as Value;
      values.push(e.op('Add', [pick(), pick()]));
    }
    e.addOutput(values.at(-1) as Value);
  }).graph;

describe('sortTopologically', () => {
  it('leaves a sorted graph as it is', () => {
    const graph = graphOf(200, 1);
    expect(sortTopologically(graph)).toEqual(graph.nodes);
  });

  it('sorts any shuffle of fifty random graphs', () => {
    for (let seed = 0; seed < 50; seed++) {
      const graph = graphOf(30, seed);
      const order = permutation(30, createRng(seed + 1000));
      const nodes = graph.nodes;
      graph.nodes = Array.from(order, (i) => nodes[i] as Node);
      graph.nodes = sortTopologically(graph);
      const seen = new Set<Node>();
      for (const node of graph.nodes) {
        for (const input of node.inputs)
          if (input?.producer !== undefined) expect(seen.has(input.producer)).toBe(true);
        seen.add(node);
      }
      expect(seen.size).toBe(30);
    }
  });

  it('takes a chain of 50,000 nodes in reverse without overflowing the stack', () => {
    const model = buildModel(17, (e) => {
      let x = e.addInput('x', float);
      for (let i = 0; i < 50_000; i++) x = e.op('Relu', [x]);
      e.addOutput(x);
    });
    const graph = model.graph as Mutable<Graph>;
    graph.nodes = graph.nodes.toReversed();
    graph.nodes = sortTopologically(graph);
    expect(verify(model)).toEqual([]);
  });

  it('names the cycle', () => {
    const graph = graphOf(2, 1);
    const [first, second] = graph.nodes as [Node, Node];
    (first.inputs as Value[])[0] = second.outputs[0] as Value;
    (second.inputs as Value[])[0] = first.outputs[0] as Value;
    expect(() => sortTopologically(graph)).toThrow(/cycle through Add/);
  });
});
