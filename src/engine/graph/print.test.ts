import { describe, expect, it } from 'vitest';
import { float32Tensor, int64Tensor } from '../tensor/index.ts';
import {
  buildModel,
  floatAttribute,
  intsAttribute,
  nodeLines,
  print,
  stringAttribute,
  tensorText,
  type Graph,
  type Value,
} from './index.ts';

describe('print', () => {
  it('shows a model, one line a node', () => {
    const model = buildModel(
      17,
      (e) => {
        const x = e.addInput('x', { kind: 'tensor', dtype: 'float32', dims: ['N', 3, undefined] });
        const w = e.addConstant('w', float32Tensor([2, 5], new Float32Array(10)));
        const axes = e.addConstant('axes', int64Tensor([2], [0, -1]));
        const conv = e.addNode('Conv', [x, undefined, w], {
          name: 'conv1',
          outputs: ['h', ''],
          attributes: {
            strides: intsAttribute([2, 2]),
            alpha: floatAttribute(0.1),
            mode: stringAttribute('same\n'),
          },
        });
        const body: Graph = {
          name: 'body',
          inputs: [],
          outputs: [],
          nodes: [],
          constants: [],
          annotated: [],
        };
        (body.outputs as Value[]).push(
          e.addNode('Relu', [x], { graph: body, name: 'inner', outputs: ['r'] })
            .outputs[0] as Value,
        );
        const node = e.addNode('Fused', [conv.outputs[0], axes], {
          domain: 'my.domain',
          name: '',
          outputs: ['y'],
          attributes: { body: { kind: 'graph', value: body } },
        });
        e.setOpset('my.domain', 1);
        e.addOutput(node.outputs[0] as Value);
      },
      'main',
    );
    expect(print(model)).toBe(
      [
        'model ir 10, opset 17 my.domain 1, from whittle',
        'graph main(x: float32[N,3,?]) → (y) {',
        '  w: float32[2,5]',
        '  axes: int64[2] {0, -1}',
        '  h, _ = Conv(x, _, w, strides = [2, 2], alpha = 0.1, mode = "same�")  # conv1',
        '  y = my.domain.Fused(h, axes, body = graph body)',
        '    body: graph body() → (r) {',
        '      r = Relu(x)  # inner',
        '    }',
        '}',
      ].join('\n'),
    );
  });

  it('shows names of the file without letting them break the line', () => {
    const model = buildModel(17, (e) => {
      const x = e.addInput('x', {
        kind: 'other',
        description: 'sequence(tensor(float32))',
        opaque: {},
      });
      e.addOutput(
        e.addNode('Relu', [x], { name: `a\nb\u202Ec${'d'.repeat(300)}` }).outputs[0] as Value,
      );
    });
    const [line = ''] = nodeLines(model.graph.nodes[0] as never);
    expect(line).toContain('# a�b�c');
    expect(line.length).toBeLessThan(500);
    expect(print(model)).toContain('x: sequence(tensor(float32))');
  });

  it('shows few elements as the shortest numbers that mean them', () => {
    expect(tensorText(float32Tensor([3], [0.1, -1e-8, 3]))).toBe('float32[3] {0.1, -1e-8, 3}');
    expect(tensorText(float32Tensor([9], new Float32Array(9)))).toBe('float32[9]');
    expect(tensorText(int64Tensor([], [9007199254740993n]))).toBe('int64[] {9007199254740993}');
    expect(tensorText({ dtype: 'string', dims: [1], data: [new TextEncoder().encode('hé')] })).toBe(
      'string[1] {"hé"}',
    );
    expect(tensorText(float32Tensor([0], []))).toBe('float32[0] {}');
  });
});
