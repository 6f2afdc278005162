import { describe, expect, it } from 'vitest';
import { createRng, permutation } from '../core/index.ts';
import { buildModel, newValue, type Node, type Use, type Value } from './index.ts';
import { NodeLists } from './node-lists.ts';
import { UseLists } from './use-lists.ts';

const float = { kind: 'tensor', dtype: 'float32', dims: [1] } as const;

/** Nodes that each read x twice. */
const nodesOf = (count: number): Node[] => {
  const model = buildModel(17, (e) => {
    const x = e.addInput('x', float);
    for (let i = 0; i < count; i++) e.op('Add', [x, x]);
  });
  return [...model.graph.nodes];
};

/** A value that counts how often its list of uses is looked into. */
function counting(): { value: Value; steps: () => number } {
  let steps = 0;
  const uses = new Proxy<Use[]>([], {
    get(target, key) {
      steps++;
      return Reflect.get(target, key) as unknown;
    },
  });
  return { value: { ...newValue('shared', float), uses }, steps: () => steps };
}

describe('UseLists', () => {
  it('takes 4,000 uses of one value out in any order, in steps that grow with their number', () => {
    const { value, steps } = counting();
    const nodes = nodesOf(2000);
    const lists = new UseLists();
    for (const node of nodes) for (const index of [0, 1]) lists.add(value, { node, index });
    const order = permutation(4000, createRng(1));
    const before = steps();
    order.forEach((k, i) => {
      const node = nodes[k >> 1] as Node;
      lists.remove(value, node, k & 1);
      if (i % 500 === 0)
        expect([...value.uses].some((use) => use.node === node && use.index === (k & 1))).toBe(
          false,
        );
    });
    expect(value.uses).toHaveLength(0);
    // The eight checks above look at every use; the removals themselves a few times each.
    expect(steps() - before).toBeLessThan(100_000);
  });

  it('goes on being right when uses are added in between', () => {
    const rng = createRng(2);
    const nodes = nodesOf(100);
    const lists = new UseLists();
    const value = newValue('shared', float);
    const present = new Map<string, Use>();
    for (let i = 0; i < 3000; i++) {
      const node = nodes[rng.integer(100)] as Node;
      const index = rng.integer(2);
      const key = `${nodes.indexOf(node)}.${index}`;
      if (present.has(key)) {
        lists.remove(value, node, index);
        present.delete(key);
      } else {
        const use = { node, index };
        lists.add(value, use);
        present.set(key, use);
      }
      expect(value.uses).toHaveLength(present.size);
    }
    expect(new Set(value.uses)).toEqual(new Set(present.values()));
    lists.remove(value, { ...(nodes[0] as Node) }, 0);
    expect(value.uses).toHaveLength(present.size);
  });
});

describe('NodeLists', () => {
  it('moves no nodes until the list is read, and then once', () => {
    const model = buildModel(17, (e) => {
      const x = e.addInput('x', float);
      for (let i = 0; i < 10; i++) e.op('Neg', [x]);
    });
    const { graph } = model;
    const nodes = graph.nodes;
    const lists = new NodeLists();
    for (const node of nodes.slice(0, 4)) lists.drop(node);
    expect(nodes).toHaveLength(10);
    const rest = graph.nodes;
    expect(rest).toEqual(nodes.slice(4));
    expect(graph.nodes).toBe(rest);
    lists.push(graph, nodes[0] as Node);
    expect(graph.nodes).toHaveLength(7);
    lists.release();
    expect(Object.getOwnPropertyDescriptor(graph, 'nodes')).toMatchObject({ writable: true });
    expect(graph.nodes).toHaveLength(7);
  });
});
