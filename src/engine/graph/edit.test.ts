import { describe, expect, it } from 'vitest';
import { EngineError } from '../core/index.ts';
import { float32Tensor } from '../tensor/index.ts';
import {
  allNodes,
  buildModel,
  edit,
  intAttribute,
  isOp,
  type Graph,
  type Model,
  type Node,
  type Value,
  verify,
} from './index.ts';

const float = { kind: 'tensor', dtype: 'float32', dims: [4] } as const;

/** x → Add(x, w) → Relu → y, and a dead Neg of the sum. */
const chain = (): Model =>
  buildModel(17, (e) => {
    const x = e.addInput('x', float);
    const w = e.addConstant('w', float32Tensor([4], [1, 2, 3, 4]));
    const sum = e.op('Add', [x, w]);
    e.op('Neg', [sum]);
    e.addOutput(e.op('Relu', [sum]));
  });

const nodeOf = (model: Model, opType: string): Node => {
  const node = [...allNodes(model.graph)].find((candidate) => isOp(candidate, opType));
  if (node === undefined) throw new Error(`no ${opType}`);
  return node;
};
const outputOf = (model: Model, opType: string): Value => nodeOf(model, opType).outputs[0] as Value;
const opTypes = (model: Model): string[] => model.graph.nodes.map((node) => node.opType);

describe('edit', () => {
  it('leaves the old model as it was and shares its tensors', () => {
    const before = chain();
    const after = edit(before, (e) => {
      e.replaceUses(outputOf(before, 'Add'), before.graph.inputs[0] as Value);
      e.removeDead();
    });
    expect(opTypes(before)).toEqual(['Add', 'Neg', 'Relu']);
    expect(opTypes(after)).toEqual(['Relu']);
    expect(after.graph.constants).toEqual([]);
    expect(verify(before)).toEqual([]);
    const copy = edit(before, () => undefined);
    expect(copy.graph.constants[0]).not.toBe(before.graph.constants[0]);
    expect(copy.graph.constants[0]?.constant).toBe(before.graph.constants[0]?.constant);
  });

  it('attributes set on a copy do not reach the original', () => {
    const before = chain();
    const after = edit(before, (e) => e.setAttribute(nodeOf(before, 'Relu'), 'k', intAttribute(1)));
    expect(nodeOf(after, 'Relu').attributes.get('k')).toEqual({ kind: 'int', value: 1 });
    expect(nodeOf(before, 'Relu').attributes.size).toBe(0);
    const cleared = edit(after, (e) => e.setAttribute(nodeOf(after, 'Relu'), 'k', undefined));
    expect(nodeOf(cleared, 'Relu').attributes.size).toBe(0);
  });

  it('sorts what was added in any order', () => {
    const before = chain();
    const after = edit(before, (e) => {
      const relu = nodeOf(before, 'Relu');
      const sum = relu.inputs[0] as Value;
      e.setInput(relu, 0, e.op('Abs', [sum]));
    });
    expect(opTypes(after)).toEqual(['Add', 'Neg', 'Abs', 'Relu']);
  });

  it('refuses a cycle', () => {
    const before = chain();
    const cyclic = (): Model =>
      edit(before, (e) => e.setInput(nodeOf(before, 'Add'), 0, outputOf(before, 'Relu')));
    expect(cyclic).toThrow(/cycle/);
  });

  it('replaceUses moves readers and outputs; an output keeps its name', () => {
    const before = chain();
    const name = before.graph.outputs[0]?.name;
    const after = edit(before, (e) => {
      const output = before.graph.outputs[0] as Value;
      const sigmoid = e.addNode('Sigmoid', [output]);
      e.replaceUses(output, sigmoid.outputs[0] as Value, [sigmoid]);
    });
    expect(after.graph.outputs[0]?.name).toBe(name);
    expect(after.graph.outputs[0]?.producer?.opType).toBe('Sigmoid');
  });

  it('replaceUses spares the nodes named', () => {
    const before = chain();
    const after = edit(before, (e) => {
      const sum = outputOf(before, 'Add');
      const double = e.addNode('Mul', [sum, sum]);
      e.replaceUses(sum, double.outputs[0] as Value, [double]);
    });
    expect(nodeOf(after, 'Relu').inputs[0]?.producer?.opType).toBe('Mul');
    expect(nodeOf(after, 'Mul').inputs.map((input) => input?.producer?.opType)).toEqual([
      'Add',
      'Add',
    ]);
  });

  it('makes names unique', () => {
    const after = edit(chain(), (e) => {
      const names = ['w', 'w', 'x', 'w'].map(
        (name) => e.addConstant(name, float32Tensor([], [1])).name,
      );
      expect(names).toEqual(['w_1', 'w_2', 'x_1', 'w_3']);
      e.removeDead();
    });
    expect(after.graph.constants.map((value) => value.name)).toEqual(['w']);
  });

  it('removeNode refuses what is read, and the last optional inputs vanish', () => {
    const before = chain();
    edit(before, (e) => {
      expect(() => e.removeNode(nodeOf(before, 'Add'))).toThrow(/is read/);
      expect(() => e.removeNode(nodeOf(before, 'Relu'))).toThrow(/is read/);
      e.removeNode(nodeOf(before, 'Neg'));
      expect(e.model.graph.nodes.map((node) => node.opType)).toEqual(['Add', 'Relu']);
      expect(e.value(outputOf(before, 'Add')).uses).toHaveLength(1);
      const clip = e.addNode('Clip', [
        e.model.graph.inputs[0],
        undefined,
        before.graph.constants[0],
      ]);
      e.setInput(clip, 2, undefined);
      expect(clip.inputs).toHaveLength(1);
    });
  });

  it('changes constants, types, versions, metadata and names', () => {
    const before = chain();
    const after = edit(before, (e) => {
      e.setConstant(before.graph.constants[0] as Value, float32Tensor([4], [9, 9, 9, 9]));
      e.setType(outputOf(before, 'Relu'), float);
      e.setOpset('com.microsoft', 1);
      e.setMetadata('key', 'text');
      e.rename(before.graph.inputs[0] as Value, 'image');
      expect(() => e.setConstant(before.graph.inputs[0] as Value, float32Tensor([], [1]))).toThrow(
        /not a constant/,
      );
    });
    expect(after.opsets.get('com.microsoft')).toBe(1);
    expect(after.metadata.get('key')).toBe('text');
    expect(after.graph.inputs[0]?.name).toBe('image');
    expect(after.graph.outputs[0]?.type).toEqual(float);
    expect(before.metadata.size + before.opsets.size).toBe(1);
  });

  it('initializers that are no inputs need version 4 of the format', () => {
    const old = { ...chain(), irVersion: 3 };
    expect(
      edit(old, (e) => void e.op('Add', [e.addConstant('c', float32Tensor([], [1])), undefined]))
        .irVersion,
    ).toBe(4);
    expect(edit(old, () => undefined).irVersion).toBe(3);
  });

  it('a broken result is refused', () => {
    const before = chain();
    const broken = (): Model => edit(before, (e) => e.removeInput(before.graph.inputs[0] as Value));
    expect(broken).toThrow(EngineError);
  });
});

/** If(c) with branches that read x from outside: then Relu(x), else Neg(x); and a dead node inside. */
function branching(): Model {
  const empty = (name: string): Graph => ({
    name,
    inputs: [],
    outputs: [],
    nodes: [],
    constants: [],
    annotated: [],
  });
  return buildModel(17, (e) => {
    const x = e.addInput('x', float);
    const c = e.addInput('c', { kind: 'tensor', dtype: 'bool', dims: [] });
    const branches = (['Relu', 'Neg'] as const).map((opType) => {
      const graph = empty(opType);
      const made = e.addNode(opType, [x], { graph });
      e.addNode('Abs', [x], { graph });
      (graph.outputs as Value[]).push(made.outputs[0] as Value);
      return graph;
    });
    const [thenBranch, elseBranch] = branches as [Graph, Graph];
    const node = e.addNode('If', [c], {
      attributes: {
        then_branch: { kind: 'graph', value: thenBranch },
        else_branch: { kind: 'graph', value: elseBranch },
      },
    });
    e.addOutput(node.outputs[0] as Value);
    e.addOutput(e.op('Identity', [x]));
  });
}

describe('subgraphs', () => {
  it('are copied with their links to the outside', () => {
    const before = branching();
    const copy = edit(before, () => undefined);
    const x = copy.graph.inputs[0] as Value;
    expect(x.uses).toHaveLength(5);
    for (const use of x.uses) expect([...allNodes(copy.graph)]).toContain(use.node);
    for (const node of allNodes(copy.graph))
      expect([...allNodes(before.graph)]).not.toContain(node);
  });

  it('lose their dead nodes; removed with their node they read nothing any more', () => {
    const before = branching();
    const pruned = edit(before, (e) => expect(e.removeDead()).toBe(2));
    expect([...allNodes(pruned.graph)].map((node) => node.opType).toSorted()).toEqual([
      'Identity',
      'If',
      'Neg',
      'Relu',
    ]);
    const without = edit(before, (e) => {
      const [first, second] = before.graph.outputs as [Value, Value];
      e.setOutputs([second]);
      e.removeNode(e.node(first.producer as Node));
    });
    expect(without.graph.inputs[0]?.uses).toHaveLength(1);
    const swept = edit(before, (e) => {
      e.setOutputs([before.graph.outputs[1] as Value]);
      // The If and the two nodes in each of its branches.
      expect(e.removeDead()).toBe(5);
    });
    expect(swept.graph.inputs[0]?.uses).toHaveLength(1);
  });

  it('replaced in an attribute read nothing any more', () => {
    const before = branching();
    const after = edit(before, (e) =>
      e.setAttribute(nodeOf(before, 'If'), 'then_branch', undefined),
    );
    expect(after.graph.inputs[0]?.uses).toHaveLength(3);
  });

  it('keep an outer value alive that is their output', () => {
    const before = branching();
    const after = edit(before, (e) => {
      const inner = [...allNodes(e.model.graph)].find((node) => node.opType === 'Relu') as Node;
      const outer = e.op('Exp', [e.model.graph.inputs[0]]);
      (inner.graph.outputs as Value[])[0] = outer;
      e.removeDead();
    });
    expect(opTypes(after)).toContain('Exp');
  });
});

describe('edits of a large graph', () => {
  const size = 5000;
  const large = buildModel(17, (e) => {
    let x = e.addInput('x', float);
    const one = e.addConstant('one', float32Tensor([], [1]));
    for (let i = 0; i < size; i++) x = e.op('Add', [x, one]);
    e.addOutput(x);
  });

  it('rewires and removes every node of a chain that shares one constant', () => {
    const after = edit(large, (e) => {
      const two = e.addConstant('two', float32Tensor([], [2]));
      for (const node of large.graph.nodes) e.setInput(node, 1, two);
      expect(e.value(large.graph.constants[0] as Value).uses).toHaveLength(0);
      expect(two.uses).toHaveLength(size);
      for (const node of large.graph.nodes.slice(0, -1)) {
        e.replaceUses(node.outputs[0] as Value, e.node(node).inputs[0] as Value);
        e.removeNode(node);
      }
      expect(e.removeDead()).toBe(1);
    });
    expect(after.graph.nodes).toHaveLength(1);
    expect(after.graph.constants[0]?.uses).toHaveLength(1);
    expect(verify(after)).toEqual([]);
  });
});
