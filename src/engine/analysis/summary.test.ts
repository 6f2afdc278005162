import { expect, it } from 'vitest';
import { buildModel, type Graph, type Value } from '../graph/index.ts';
import { float32Tensor, int64Tensor, makeTensor } from '../tensor/index.ts';
import { onnxMacs } from './macs-table.ts';
import { summarize } from './summary.ts';

it('says what is in a model, subgraphs included', () => {
  const model = buildModel(18, (e) => {
    e.setOpset('my.domain', 3);
    e.setOpset('com.microsoft', 1);
    const x = e.addInput('x', { kind: 'tensor', dtype: 'float32', dims: ['N', 4, undefined, -1] });
    const c = e.addInput('c', { kind: 'tensor', dtype: 'bool', dims: undefined });
    const [mine] = e.addNode(
      'Mine',
      [x, e.addConstant('h', makeTensor('float16', [3], new Uint8Array(6)))],
      { domain: 'my.domain' },
    ).outputs;
    const [gelu] = e.addNode('FastGelu', [mine], { domain: 'com.microsoft' }).outputs;
    const branch = (name: string): Graph => {
      const outputs: Value[] = [];
      const graph: Graph = { name, inputs: [], outputs, nodes: [], constants: [], annotated: [] };
      outputs.push(e.addNode('Neg', [gelu], { graph }).outputs[0]!);
      return graph;
    };
    const attributes = {
      then_branch: { kind: 'graph', value: branch('a') },
      else_branch: { kind: 'graph', value: branch('b') },
    } as const;
    const chosen = e.op('If', [c], attributes);
    const y = e.op('Add', [chosen, e.addConstant('w', float32Tensor([4, 1, 1], [1, 2, 3, 4]))]);
    const z = e.op('Reshape', [y, e.addConstant('shape', int64Tensor([1], [-1]))]);
    e.addOutput(
      e.op('Add', [
        z,
        e.op('Constant', [], { value: { kind: 'tensor', value: float32Tensor([], [1]) } }),
      ]),
    );
  });
  const summary = summarize(model, 1234, ['weights.bin']);
  expect(JSON.parse(JSON.stringify(summary))).toEqual({
    sizeBytes: 1234,
    params: 7,
    irVersion: 10,
    producer: 'whittle',
    opsets: { '': 18, 'my.domain': 3, 'com.microsoft': 1 },
    inputs: [
      { name: 'x', type: 'float32', dims: ['N', 4, null, null] },
      { name: 'c', type: 'bool', dims: null },
    ],
    outputs: [{ name: expect.any(String), dims: null }],
    nodes: 9,
    nodesInSubgraphs: 2,
    operators: [
      { opType: 'Add', domain: '', count: 2 },
      { opType: 'Neg', domain: '', count: 2 },
      { opType: 'Constant', domain: '', count: 1 },
      { opType: 'FastGelu', domain: 'com.microsoft', count: 1 },
      { opType: 'If', domain: '', count: 1 },
      { opType: 'Mine', domain: 'my.domain', count: 1 },
      { opType: 'Reshape', domain: '', count: 1 },
    ],
    dtypes: [
      { dtype: 'float32', tensors: 2, bytes: 20 },
      { dtype: 'int64', tensors: 1, bytes: 8 },
      { dtype: 'float16', tensors: 1, bytes: 6 },
    ],
    weightBytes: 34,
    functions: [],
    customOperators: ['my.domain:Mine'],
    externalFiles: ['weights.bin'],
  });
});

it('knows every operator that ONNX defines', () => {
  // onnx 1.23: 203 operators in the default domain over all versions.
  expect(Object.keys(onnxMacs)).toHaveLength(203);
});
