import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createNodeRuntime } from '../../../cli/node-runtime.ts';
import { createRng } from '../../core/index.ts';
import {
  floatAttribute,
  intAttribute,
  stringAttribute,
  type Model,
  type Node,
  type Value,
} from '../../graph/index.ts';
import { writeBytes } from '../../onnx/index.ts';
import { syntheticInputs, type Feeds, type Runtime } from '../../runtime/index.ts';
import { float32Tensor, int64Tensor, makeTensor } from '../../tensor/index.ts';
import {
  expectOtherFunction,
  expectSameFunction,
  largestDifference,
  numbersOf,
  runModel,
} from '../testing/expect-same-function.ts';
import { applyChecked, refusalOf } from '../testing/method-context.ts';
import { invertedBottlenecks, plainChain, tinyModel } from '../testing/tiny-models.ts';
import { quantizeFloat16 } from './index.ts';

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createNodeRuntime('wasm', 1);
});
afterAll(() => runtime.dispose());

/** float16 has 11 bits: one rounding is 2^-11; a few layers of sums stay within some dozens of it. */
const tolerance = 2 ** -7;
const feedsOf = (model: Model): Feeds => syntheticInputs(model, createRng(2));
const opsOf = (model: Model): string[] => model.graph.nodes.map((node) => node.opType);
const dtypeOf = (value: Value | undefined): string | undefined =>
  value?.type?.kind === 'tensor' ? value.type.dtype : undefined;

describe('keeps the function within half precision', () => {
  test.each([
    ['plain chain', plainChain],
    ['depthwise blocks', invertedBottlenecks],
  ])('%s: same inputs and outputs, half the bytes', async (_, build) => {
    const model = build();
    const { model: half, planned } = await applyChecked(quantizeFloat16, model, {});
    expect(half.graph.constants.every((value) => value.constant?.dtype === 'float16')).toBe(true);
    expect([...half.graph.inputs, ...half.graph.outputs].map(dtypeOf)).not.toContain('float16');
    expect(planned.summary).toMatchObject({ casts: 2, clamped: 0, nodesInFloat32: 0 });
    const given = { runtime, feeds: feedsOf(model) };
    await expectSameFunction(model, half, { ...given, tolerance });
    await expectOtherFunction(model, half, { ...given, tolerance: 1e-7 });
  });

  test('without keepIo inputs and outputs are float16', async () => {
    const model = plainChain();
    const { model: half } = await applyChecked(quantizeFloat16, model, { keepIo: false });
    expect(opsOf(half)).toEqual(opsOf(model));
    expect([...half.graph.inputs].map(dtypeOf)).toEqual(['float16']);
    const outputs = await runModel(half, runtime, feedsOf(half));
    expect(Object.values(outputs)[0]?.dtype).toBe('float16');
  });

  test('operators without float16 keep float32 behind casts, constants included', async () => {
    const model = tinyModel((b) => {
      const x = b.op('Relu', [b.gemm(b.input([2, 6]), 'fc1', 6, 8)]);
      const limited = b.op('Min', [x, b.weight('limit', [8])]);
      b.output(b.gemm(limited, 'fc2', 8, 4));
    });
    const { model: half, planned } = await applyChecked(quantizeFloat16, model, {});
    expect(planned.skipped).toEqual([
      { name: 'Min', opType: 'Min', reason: 'Min stays in float32 behind casts' },
    ]);
    expect(opsOf(half)).toEqual(['Cast', 'Gemm', 'Relu', 'Cast', 'Min', 'Cast', 'Gemm', 'Cast']);
    expect(half.graph.constants.find(({ name }) => name === 'limit')?.constant?.dtype).toBe(
      'float32',
    );
    await expectSameFunction(model, half, { runtime, feeds: feedsOf(model), tolerance });
  });

  test('a constant that both kinds read stands in both types', async () => {
    const model = tinyModel((b) => {
      const shared = b.weight('shared', [8]);
      const x = b.op('Add', [b.gemm(b.input([2, 6]), 'fc1', 6, 8), shared]);
      b.output(b.op('Max', [x, shared]));
    });
    const { model: half } = await applyChecked(quantizeFloat16, model, {});
    const types = half.graph.constants
      .filter(({ name }) => name.startsWith('shared'))
      .map(({ constant }) => constant?.dtype);
    expect(types).toEqual(['float32', 'float16']);
    await expectSameFunction(model, half, { runtime, feeds: feedsOf(model), tolerance });
  });

  test.each([
    [10, 1],
    [13, 2],
  ])('opset %i: the scales of Resize (input %i) stay float32', async (opset, index) => {
    const model = tinyModel((b) => {
      const scales = b.e.addConstant('scales', float32Tensor([4], [1, 1, 1.7, 2]));
      const inputs =
        index === 1
          ? [b.conv(b.input([1, 3, 6, 6]), 'conv', 3, 4), scales]
          : [b.conv(b.input([1, 3, 6, 6]), 'conv', 3, 4), undefined, scales];
      b.output(b.op('Resize', inputs, { mode: stringAttribute('nearest') }));
    }, opset);
    const { model: half } = await applyChecked(quantizeFloat16, model, {});
    expect(
      half.graph.nodes.find(({ opType }) => opType === 'Resize')?.inputs[index]?.constant?.dtype,
    ).toBe('float32');
    await expectSameFunction(model, half, { runtime, feeds: feedsOf(model), tolerance });
  });

  test('Constant, ConstantOfShape and Cast make float16', async () => {
    const model = tinyModel((b) => {
      const x = b.gemm(b.input([2, 6]), 'fc', 6, 8);
      const two = b.op('Constant', [], {
        value: { kind: 'tensor', value: float32Tensor([], [2]) },
      });
      const three = b.op('Constant', [], { value_float: floatAttribute(3) });
      const some = b.op('Constant', [], {
        value_floats: { kind: 'floats', value: [1, 2, 3, 4, 5, 6, 7, 8] },
      });
      const zeros = b.op('ConstantOfShape', [b.integers('eight', [8])]);
      const count = b.op('Cast', [b.integers('count', [5])], { to: intAttribute(1) });
      const sum = [two, three, some, zeros, count].reduce(
        (y, c) => b.op('Mul', [b.op('Add', [y, c]), two]),
        x,
      );
      b.output(b.op('Sub', [sum, three]));
    });
    const { model: half } = await applyChecked(quantizeFloat16, model, {});
    expect(opsOf(half).filter((op) => op === 'Cast').length).toBe(3);
    await expectSameFunction(model, half, { runtime, feeds: feedsOf(model), tolerance });
  });

  test('a Constant that a float32 operator reads keeps its precision', async () => {
    const model = tinyModel((b) => {
      const scales = b.op('Constant', [], {
        value: { kind: 'tensor', value: float32Tensor([4], [1, 1, 1.7, 2]) },
      });
      b.output(b.op('Resize', [b.conv(b.input([1, 3, 6, 6]), 'conv', 3, 4), undefined, scales]));
    });
    const { model: half } = await applyChecked(quantizeFloat16, model, {});
    await expectSameFunction(model, half, { runtime, feeds: feedsOf(model), tolerance });
  });

  test('masks beyond the range and tiny epsilons: no NaN, counted and said', async () => {
    const model = tinyModel((b) => {
      const x = b.gemm(b.input([2, 6]), 'fc', 6, 4);
      const masked = b.op(
        'Softmax',
        [b.op('Add', [x, b.e.addConstant('mask', float32Tensor([4], [0, -1e9, 0, -1e9]))])],
        { axis: intAttribute(-1) },
      );
      b.output(
        b.op('Div', [
          masked,
          b.op('Add', [
            b.op('Sub', [masked, masked]),
            b.e.addConstant('eps', float32Tensor([1], [1e-12])),
          ]),
        ]),
      );
    });
    const { model: half, planned } = await applyChecked(quantizeFloat16, model, {});
    expect(planned.summary).toMatchObject({ clamped: 2, raised: 1 });
    const [output] = Object.values(await runModel(half, runtime, feedsOf(model)));
    if (output === undefined) throw new Error('no output');
    expect(Array.from(numbersOf(output)).some(Number.isNaN)).toBe(false);
  });

  test('int8 weights behind DequantizeLinear: its scale becomes float16 from opset 19 on, a cast before', async () => {
    for (const opset of [17, 21]) {
      const model = tinyModel((b) => {
        const q = b.e.addConstant(
          'q',
          makeTensor(
            'int8',
            [6, 4],
            Uint8Array.from({ length: 24 }, (_, i) => (i * 37) % 256),
          ),
        );
        const scale = b.e.addConstant('scale', float32Tensor([4], [0.01, 0.02, 0.03, 0.04]));
        const w = b.op('DequantizeLinear', [q, scale], { axis: intAttribute(1) });
        b.output(b.op('MatMul', [b.gemm(b.input([2, 6]), 'fc', 6, 6), w]));
      }, opset);
      const { model: half } = await applyChecked(quantizeFloat16, model, {});
      expect(half.graph.constants.find(({ name }) => name === 'scale')?.constant?.dtype).toBe(
        opset < 19 ? 'float32' : 'float16',
      );
      await expectSameFunction(model, half, { runtime, feeds: feedsOf(model), tolerance });
    }
  });

  test('a subgraph reads float32 from the graph around it', async () => {
    const model = withBranch();
    const { model: half, planned } = await applyChecked(quantizeFloat16, model, {});
    expect(planned.skipped.map(({ opType }) => opType)).toEqual(['If']);
    await expectSameFunction(model, half, { runtime, feeds: feedsOf(model), tolerance });
  });

  test('kept nodes and operators stay in float32', async () => {
    const model = plainChain();
    const { model: half, planned } = await applyChecked(quantizeFloat16, model, {
      keep: ['fc2'],
      keepOperators: ['MaxPool'],
    });
    expect(planned.skipped.map(({ opType, reason }) => `${opType}: ${reason}`)).toEqual([
      'MaxPool: kept as asked',
      'Gemm: kept as asked',
    ]);
    expect(half.graph.constants.find(({ name }) => name === 'fc2.w')?.constant?.dtype).toBe(
      'float32',
    );
    expect(await largestDifference(model, half, { runtime, feeds: feedsOf(model) })).toBeLessThan(
      tolerance,
    );
  });
});

test('same bytes for the same input', async () => {
  const bytes = [];
  for (let i = 0; i < 2; i++)
    bytes.push(writeBytes((await applyChecked(quantizeFloat16, plainChain(), {})).model));
  expect(bytes[1]).toEqual(bytes[0]);
});

describe('refuses', () => {
  test('what is in float16 already', async () => {
    const { model } = await applyChecked(quantizeFloat16, plainChain(), {});
    expect(refusalOf(quantizeFloat16, model, {}).detail).toBe('the model is in float16 already');
  });

  test('a model that computes in int8', () => {
    const model = tinyModel((b) => {
      const scale = b.e.addConstant('s', float32Tensor([], [0.1]));
      const q = b.op('QuantizeLinear', [b.gemm(b.input([2, 6]), 'fc', 6, 6), scale]);
      b.output(b.op('DequantizeLinear', [q, scale]));
    });
    expect(refusalOf(quantizeFloat16, model, {}).detail).toContain(
      'computes in int8 already (QuantizeLinear)',
    );
  });

  test('a model without float32 weights, or with none but in subgraphs', () => {
    const integers = tinyModel((b) => {
      const x = b.e.addInput('i', { kind: 'tensor', dtype: 'int64', dims: [2] });
      b.output(b.op('Add', [x, b.e.addConstant('one', int64Tensor([1], [1]))]));
    });
    expect(refusalOf(quantizeFloat16, integers, {}).detail).toBe(
      'the model has no float32 weights',
    );
    expect(refusalOf(quantizeFloat16, withBranch(false), {}).detail).toContain('subgraphs');
    expect(
      refusalOf(quantizeFloat16, plainChain(), {
        keepOperators: ['Conv', 'Gemm', 'BatchNormalization'],
      }).detail,
    ).toContain('kept as asked');
  });
});

/** A Gemm, then an If that adds or subtracts a bias from outside; without the Gemm every weight is read inside only. */
function withBranch(outer = true): Model {
  return tinyModel((b) => {
    const input = b.input([2, 6]);
    const x = outer ? b.gemm(input, 'fc', 6, 4) : input;
    const bias = b.weight('bias', [outer ? 4 : 6]);
    const condition = b.e.addConstant('condition', makeTensor('bool', [], Uint8Array.of(1)));
    const node = b.e.addNode('If', [condition], { name: 'branch' });
    for (const [name, opType] of [
      ['then_branch', 'Add'],
      ['else_branch', 'Sub'],
    ] as const) {
      const inner = b.e.addNode(opType, [x, bias], { name: `${name}_${opType}` });
      moveInto(node, name, inner);
    }
    b.output(b.op('Relu', [node.outputs[0]]));
  });
}

function moveInto(parent: Node, name: string, inner: Node): void {
  const nodes = inner.graph.nodes as Node[];
  nodes.splice(nodes.indexOf(inner), 1);
  const graph = {
    name,
    inputs: [],
    outputs: [inner.outputs[0] as Value],
    nodes: [inner],
    constants: [],
    annotated: [],
  };
  (inner as { graph: unknown }).graph = graph;
  (inner.outputs[0] as { type: unknown }).type = {
    kind: 'tensor',
    dtype: 'float32',
    dims: undefined,
  };
  (parent.attributes as Map<string, unknown>).set(name, { kind: 'graph', value: graph });
}
