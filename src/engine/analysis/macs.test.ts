import { existsSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { createNodeRuntime } from '../../cli/node-runtime.ts';
import { createRng, memorySource, quietTask, unwrap } from '../core/index.ts';
import {
  buildModel,
  type Graph,
  intAttribute,
  intsAttribute,
  type Model,
  type ModelEdit,
  type NodeOptions,
  stringAttribute,
  type Value,
} from '../graph/index.ts';
import { readModel } from '../onnx/index.ts';
import { measureShapes, syntheticInputs } from '../runtime/index.ts';
import {
  elementCount,
  float32Tensor,
  makeTensor,
  packedBytes,
  type DType,
} from '../tensor/index.ts';
import { countMacs } from './macs.ts';

const runtime = await createNodeRuntime('wasm', 1);
afterAll(() => runtime.dispose());

const constant = (e: ModelEdit, name: string, dims: readonly number[]): Value =>
  e.addConstant(name, float32Tensor(dims, new Float32Array(elementCount(dims)).fill(0.1)));
const integers = (e: ModelEdit, name: string, dtype: DType, dims: readonly number[]): Value =>
  e.addConstant(
    name,
    makeTensor(dtype, dims, new Uint8Array(packedBytes(dtype, elementCount(dims))).fill(1)),
  );

type Build = (e: ModelEdit, x: Value) => readonly (Value | undefined)[];

/** One operator on an input of `dims`, its shapes measured by ONNX Runtime. */
async function macsOf(
  opType: string,
  dims: readonly number[],
  inputs: Build,
  options: NodeOptions = {},
): Promise<number | 'unknown'> {
  const model = buildModel(options.domain === 'com.microsoft' ? 17 : 21, (e) => {
    if (options.domain !== undefined) e.setOpset(options.domain, 1);
    const x = e.addInput('x', { kind: 'tensor', dtype: 'float32', dims });
    const [y] = e.addNode(opType, inputs(e, x), options).outputs;
    e.setType(y!, { kind: 'tensor', dtype: 'float32', dims: undefined });
    e.addOutput(y!);
  });
  const shapes = await measureShapes(
    model,
    runtime,
    syntheticInputs(model, createRng(1)),
    quietTask,
  );
  const { total, unknown } = countMacs(model, shapes);
  return unknown.length > 0 ? 'unknown' : total;
}

const ints = (values: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, intAttribute(value)]));

describe('multiply–accumulates, by hand', () => {
  it.each([
    ['plain', [1, 3, 8, 8], [4, 3, 3, 3], {}, 4 * 6 * 6 * (3 * 9)],
    ['strided', [1, 3, 8, 8], [4, 3, 3, 3], { strides: [2, 2] }, 4 * 3 * 3 * (3 * 9)],
    ['batch of two', [2, 3, 8, 8], [4, 3, 1, 1], {}, 2 * 4 * 64 * 3],
    ['depthwise', [1, 6, 5, 5], [6, 1, 3, 3], { group: 6 }, 6 * 9 * 9],
    ['one axis', [1, 2, 10], [5, 2, 4], {}, 5 * 7 * (2 * 4)],
    ['dilated', [1, 1, 7, 7], [1, 1, 3, 3], { dilations: [2, 2] }, 9 * 9],
  ] as const)('Conv %s', async (_, x, w, attributes, expected) => {
    const made = Object.fromEntries(
      Object.entries(attributes).map(([name, value]) => [
        name,
        typeof value === 'number' ? intAttribute(value) : intsAttribute(value),
      ]),
    );
    expect(
      await macsOf('Conv', x, (e, input) => [input, constant(e, 'w', w)], { attributes: made }),
    ).toBe(expected);
  });

  it('ConvTranspose: every input element is spread', async () => {
    const inputs: Build = (e, x) => [x, constant(e, 'w', [3, 2, 2, 2])];
    expect(
      await macsOf('ConvTranspose', [1, 3, 5, 5], inputs, {
        attributes: { strides: intsAttribute([2, 2]) },
      }),
    ).toBe(75 * 2 * 4);
  });

  it('Gemm, transposed or not', async () => {
    expect(
      await macsOf('Gemm', [3, 4], (e, x) => [x, constant(e, 'b', [4, 5]), constant(e, 'c', [5])]),
    ).toBe(60);
    const attributes = ints({ transA: 1, transB: 1 });
    expect(
      await macsOf('Gemm', [4, 3], (e, x) => [x, constant(e, 'b', [5, 4])], { attributes }),
    ).toBe(60);
  });

  it('MatMul, batched and broadcast', async () => {
    expect(await macsOf('MatMul', [2, 1, 3, 4], (e, x) => [x, constant(e, 'b', [5, 4, 6])])).toBe(
      2 * 5 * 3 * 6 * 4,
    );
    expect(await macsOf('MatMul', [7, 4], (e, x) => [x, constant(e, 'b', [4])])).toBe(28);
    const turned = { domain: 'com.microsoft', attributes: ints({ transA: 1 }) };
    expect(
      await macsOf('FusedMatMul', [4, 3], (e, x) => [x, constant(e, 'b', [4, 5])], turned),
    ).toBe(60);
  });

  it('MatMulNBits as the matrix product it stands for', async () => {
    const attributes = ints({ K: 32, N: 6, bits: 4, block_size: 32 });
    const inputs: Build = (e, x) => [
      x,
      integers(e, 'b', 'uint8', [6, 1, 16]),
      constant(e, 's', [6]),
    ];
    expect(
      await macsOf('MatMulNBits', [2, 3, 32], inputs, { domain: 'com.microsoft', attributes }),
    ).toBe(6 * 6 * 32);
  });

  it('LSTM, GRU and RNN at every step', async () => {
    const gates = { LSTM: 4, GRU: 3, RNN: 1 } as const;
    for (const [op, n] of Object.entries(gates)) {
      const inputs: Build = (e, x) => [
        x,
        constant(e, 'w', [1, n * 5, 3]),
        constant(e, 'r', [1, n * 5, 5]),
      ];
      expect(await macsOf(op, [7, 2, 3], inputs, { attributes: ints({ hidden_size: 5 }) })).toBe(
        7 * 2 * n * 5 * (3 + 5),
      );
    }
  });

  it('Einsum of two operands, and refuses what depends on an order', async () => {
    const einsum = (equation: string, dims: readonly number[], inputs: Build) =>
      macsOf('Einsum', dims, inputs, { attributes: { equation: stringAttribute(equation) } });
    expect(
      await einsum('bij, bjk -> bik', [2, 3, 4], (e, x) => [x, constant(e, 'b', [2, 4, 5])]),
    ).toBe(2 * 3 * 4 * 5);
    expect(await einsum('ij->ji', [3, 4], (_, x) => [x])).toBe(0);
    expect(
      await einsum('...ij,...jk->...ik', [2, 3, 4], (e, x) => [x, constant(e, 'b', [2, 4, 5])]),
    ).toBe('unknown');
    expect(
      await einsum('i,i,i->', [3], (e, x) => [x, constant(e, 'b', [3]), constant(e, 'c', [3])]),
    ).toBe('unknown');
  });

  it('MultiHeadAttention: scores and sums', async () => {
    const inputs: Build = (e, x) => [x, constant(e, 'k', [2, 7, 8]), constant(e, 'v', [2, 7, 12])];
    const options = { domain: 'com.microsoft', attributes: ints({ num_heads: 4 }) };
    expect(await macsOf('MultiHeadAttention', [2, 5, 8], inputs, options)).toBe(
      2 * 5 * 7 * 8 + 2 * 5 * 7 * 12,
    );
  });

  it('fused Attention: projections, scores and sums', async () => {
    const inputs: Build = (e, x) => [x, constant(e, 'w', [6, 24]), constant(e, 'b', [24])];
    const options = { domain: 'com.microsoft', attributes: ints({ num_heads: 2 }) };
    expect(await macsOf('Attention', [2, 5, 6], inputs, options)).toBe(
      2 * 5 * 6 * 24 + 2 * (2 * 5 * 5 * 8),
    );
  });

  it('counts nothing for what is element by element', async () => {
    expect(await macsOf('Softmax', [3, 4], (_, x) => [x])).toBe(0);
    expect(await macsOf('Mul', [3, 4], (_, x) => [x, x])).toBe(0);
  });
});

describe('what is not known', () => {
  const one = (model: Model) => {
    const { total, unknown } = countMacs(model, new Map());
    return { total, unknown: unknown.map((node) => node.opType) };
  };

  it('is named: missing shapes, other domains', () => {
    const model = buildModel(17, (e) => {
      e.setOpset('my', 1);
      const x = e.addInput('x', { kind: 'tensor', dtype: 'float32', dims: [2, 2] });
      const [mine] = e.addNode('Mine', [x], { domain: 'my' }).outputs;
      e.addOutput(e.op('MatMul', [e.op('Relu', [mine]), x]));
    });
    expect(one(model)).toEqual({ total: 0, unknown: ['Mine', 'MatMul'] });
  });

  it.each([
    ['Neg', []],
    ['MatMul', ['If']],
  ] as const)('a branch with %s', (opType, unknown) => {
    const model = buildModel(17, (e) => {
      const x = e.addInput('x', { kind: 'tensor', dtype: 'float32', dims: [2, 2] });
      const cond = e.addInput('c', { kind: 'tensor', dtype: 'bool', dims: [] });
      const branch = (name: string): Graph => {
        const outputs: Value[] = [];
        const graph: Graph = { name, inputs: [], outputs, nodes: [], constants: [], annotated: [] };
        const [y] = e.addNode(opType, opType === 'Neg' ? [x] : [x, x], { graph }).outputs;
        outputs.push(y!);
        return graph;
      };
      e.addOutput(
        e.op('If', [cond], {
          then_branch: { kind: 'graph', value: branch('a') },
          else_branch: { kind: 'graph', value: branch('b') },
        }),
      );
    });
    expect(one(model)).toEqual({ total: 0, unknown });
  });
});

/** Millions, as published (the same convention: convolutions and matrix products, no bias). */
const published = {
  'cifar_resnet20.onnx': 40.55, // He et al., CIFAR ResNet-20 with parameter-free shortcuts
  'mlperf_resnet8.onnx': 12.5, // MLPerf Tiny
  'imagenet_squeezenet_fp16.onnx': 349.15, // torchvision squeezenet1_1
  'imagenet_mobilenet_v2_qdq_badly_calibrated.onnx': 300.77, // torchvision mobilenet_v2; int8 counts as float
} as const;

describe('real models', () => {
  for (const [file, millions] of Object.entries(published)) {
    const url = new URL(`../../../../shared/models/${file}`, import.meta.url);
    if (!existsSync(url)) console.log(`not run: multiply–accumulates of ${file} (absent)`);
    it.skipIf(!existsSync(url))(`${file}: as published`, async () => {
      const model = unwrap(readModel(memorySource(new Uint8Array(readFileSync(url)), file)));
      const shapes = await measureShapes(
        model,
        runtime,
        syntheticInputs(model, createRng(1)),
        quietTask,
      );
      const { total, unknown } = countMacs(model, shapes);
      expect(unknown).toEqual([]);
      expect((total / 1e6).toFixed(`${millions}`.split('.')[1]?.length)).toBe(`${millions}`);
    });
  }
});
