import { expect, test } from 'vitest';
import {
  allNodes,
  buildModel,
  verify,
  type Attribute,
  type Graph,
  type Model,
  type Value,
} from '../graph/index.ts';
import { float32Tensor, int64Tensor, type Tensor } from '../tensor/index.ts';
import { hoistConstants } from './hoist-constants.ts';

const constant = (
  tensor: Tensor,
): { attributes: Record<string, Attribute>; outputs: string[] } => ({
  attributes: { value: { kind: 'tensor', value: tensor } },
  outputs: ['w'],
});

const modelWith = (tensor: Tensor): Model =>
  buildModel(17, (e) => {
    const x = e.addInput('x', { kind: 'tensor', dtype: 'float32', dims: [1, 2] });
    const w = e.addNode('Constant', [], constant(tensor)).outputs[0];
    e.addOutput(e.op('Add', [x, w]));
  });

test('a float tensor becomes an initializer of the same name and the same object', () => {
  const tensor = float32Tensor([1, 2], [1, 2]);
  const hoisted = hoistConstants(modelWith(tensor));
  expect(verify(hoisted)).toEqual([]);
  expect(hoisted.graph.nodes.map((node) => node.opType)).toEqual(['Add']);
  expect(hoisted.graph.constants.map((value) => value.name)).toEqual(['w']);
  expect(hoisted.graph.constants[0]?.constant).toBe(tensor);
  expect(hoisted.graph.nodes[0]?.inputs[1]).toBe(hoisted.graph.constants[0]);
});

test('a branch of an If reads it from the graph around it', () => {
  const tensor = float32Tensor([2], [1, 2]);
  const model = buildModel(17, (e) => {
    const x = e.addInput('x', { kind: 'tensor', dtype: 'float32', dims: [2] });
    const node = e.addNode('If', [e.addInput('c', { kind: 'tensor', dtype: 'bool', dims: [] })]);
    for (const branch of ['then_branch', 'else_branch']) {
      const graph: Graph = {
        name: branch,
        inputs: [],
        outputs: [],
        nodes: [],
        constants: [],
        annotated: [],
      };
      e.setAttribute(node, branch, { kind: 'graph', value: graph });
      const own = { ...constant(tensor), outputs: [`${branch}_w`], graph };
      const w = e.addNode('Constant', [], own).outputs[0];
      const sum = e.addNode('Add', [x, w], { graph }).outputs[0] as Value;
      (graph.outputs as Value[]).push(sum);
    }
    e.addOutput(node.outputs[0] as Value);
  });
  const hoisted = hoistConstants(model);
  expect(verify(hoisted)).toEqual([]);
  expect([...allNodes(hoisted.graph)].map((node) => node.opType)).toEqual(['If', 'Add', 'Add']);
  expect(hoisted.graph.constants.map(({ name }) => name)).toEqual([
    'then_branch_w',
    'else_branch_w',
  ]);
});

test.each([
  ['a single number', float32Tensor([], [1])],
  ['integers', int64Tensor([2], [1, 2])],
])('leaves %s alone and returns the same model', (_, tensor) => {
  const model = modelWith(tensor);
  expect(hoistConstants(model)).toBe(model);
});

test('leaves a constant that is an output of the model', () => {
  const model = buildModel(17, (e) => {
    const [w] = e.addNode('Constant', [], constant(float32Tensor([2], [1, 2]))).outputs;
    if (w) e.addOutput(w);
  });
  expect(hoistConstants(model)).toBe(model);
});
