import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createNodeRuntime } from '../../cli/node-runtime.ts';
import { createRng } from '../core/index.ts';
import { buildModel, intAttribute, isOp, type Model, type ModelEdit } from '../graph/index.ts';
import {
  expectOtherFunction,
  expectSameFunction,
} from '../methods/testing/expect-same-function.ts';
import { syntheticInputs, type Runtime } from '../runtime/index.ts';
import { float32Tensor, makeTensor, type Tensor } from '../tensor/index.ts';
import { unpackWeights } from './unpack-weights.ts';

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createNodeRuntime('wasm', 1);
});
afterAll(() => runtime.dispose());

const codes = (dims: readonly number[], offset = 0): Tensor => {
  const count = dims.reduce((product, size) => product * size, 1);
  return makeTensor(
    'int8',
    dims,
    Uint8Array.from({ length: count }, (_, i) => (i * 37 + offset) % 256),
  );
};

interface Packed {
  readonly scale: Tensor;
  readonly zero?: Tensor;
  readonly attributes?: Parameters<ModelEdit['op']>[2];
}

/** x [2, 4] · dequantized [4, 6] */
const product = ({ scale, zero, attributes = {} }: Packed): Model =>
  buildModel(21, (e) => {
    const x = e.addInput('x', { kind: 'tensor', dtype: 'float32', dims: [2, 4] });
    const packed = [e.addConstant('q', codes([4, 6])), e.addConstant('scale', scale)];
    if (zero !== undefined) packed.push(e.addConstant('zero', zero));
    e.addOutput(e.op('MatMul', [x, e.op('DequantizeLinear', packed, attributes)]));
  });

const perColumn = float32Tensor([6], [0.1, 0.2, 0.05, 1, 0.4, 0.3]);
const cases: readonly (readonly [string, Packed])[] = [
  ['per tensor', { scale: float32Tensor([], [0.05]) }],
  ['per tensor with a zero point', { scale: float32Tensor([], [0.05]), zero: codes([], 250) }],
  ['per column', { scale: perColumn, zero: codes([6], 3), attributes: { axis: intAttribute(-1) } }],
  [
    'per row',
    { scale: float32Tensor([4], [0.1, 0.3, 2, 0.01]), attributes: { axis: intAttribute(0) } },
  ],
  [
    'per block of rows',
    {
      scale: float32Tensor(
        [2, 6],
        Array.from({ length: 12 }, (_, i) => 0.1 + i / 50),
      ),
      zero: codes([2, 6], 5),
      attributes: { axis: intAttribute(0), block_size: intAttribute(2) },
    },
  ],
];

describe('unpacked weights', () => {
  test.each(cases)('%s', async (_name, packed) => {
    const model = product(packed);
    const plain = unpackWeights(model);
    expect(plain.graph.nodes.map((node) => node.opType)).toEqual(['MatMul']);
    expect(plain.graph.constants).toHaveLength(1);
    const feeds = syntheticInputs(model, createRng(1));
    await expectSameFunction(model, plain, { runtime, feeds, tolerance: 1e-6 });
  });

  test('negative control: another scale is seen', async () => {
    const a = product({ scale: float32Tensor([], [0.05]) });
    const b = unpackWeights(product({ scale: float32Tensor([], [0.051]) }));
    const feeds = syntheticInputs(a, createRng(1));
    await expectOtherFunction(a, b, { runtime, feeds, tolerance: 1e-3 });
  });

  test('a tensor shared through Identity, dequantized first, stays shared', () => {
    const model = buildModel(18, (e) => {
      const x = e.addInput('x', { kind: 'tensor', dtype: 'float32', dims: [2, 4] });
      const scale = e.addConstant('scale', float32Tensor([], [0.5]));
      const w = e.op('DequantizeLinear', [e.addConstant('q', codes([4, 4])), scale]);
      const h = e.op('MatMul', [x, w]);
      e.addOutput(e.op('MatMul', [h, e.op('Identity', [e.op('Identity', [w])])]));
    });
    const plain = unpackWeights(model);
    expect(plain.graph.nodes.map((node) => node.opType)).toEqual(['MatMul', 'MatMul']);
    expect(plain.graph.constants).toHaveLength(1);
    expect(plain.graph.constants[0]?.uses).toHaveLength(2);
  });

  test('pairs on activations, and constants that are outputs, stay', () => {
    const model = buildModel(18, (e) => {
      const x = e.addInput('x', { kind: 'tensor', dtype: 'float32', dims: [2, 4] });
      const scale = e.addConstant('scale', float32Tensor([], [0.5]));
      e.addOutput(e.op('DequantizeLinear', [e.op('QuantizeLinear', [x, scale]), scale]));
      e.addOutput(e.op('Identity', [scale]));
    });
    expect(unpackWeights(model)).toBe(model);
    expect(model.graph.nodes.filter((node) => isOp(node, 'Identity'))).toHaveLength(1);
  });
});
