import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createNodeRuntime } from '../../../cli/node-runtime.ts';
import { countNonzero, countParameters } from '../../analysis/index.ts';
import { createRng } from '../../core/index.ts';
import { edit, intAttribute, isOp, type Model, type Value } from '../../graph/index.ts';
import { modelSize, toModelFile, writeBytes } from '../../onnx/index.ts';
import { syntheticInputs, type Runtime } from '../../runtime/index.ts';
import { elementCount, float32Tensor, typedView } from '../../tensor/index.ts';
import { sessionOptionsFor } from '../shared/session-options.ts';
import { numbersOf } from '../testing/expect-same-function.ts';
import { applyChecked, planOf, refusalOf } from '../testing/method-context.ts';
import { plainChain, tinyModel, type TinyBuilder } from '../testing/tiny-models.ts';
import { quantizeWeights, type QuantizeWeightsOptions } from './index.ts';
import { planeBlock } from './stored-form.ts';

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createNodeRuntime('wasm', 1);
});
afterAll(() => runtime.dispose());

const net = (build: (b: TinyBuilder, x: Value) => Value, dims: number[], opset = 17): Model =>
  tinyModel((b) => b.output(build(b, b.input(dims))), opset);

/** One layer of each kind; lengths that the block size divides and lengths it does not. */
const layers: Record<string, (opset: number) => Model> = {
  MatMul: (opset) => net((b, x) => b.op('MatMul', [x, b.weight('w', [72, 40])]), [2, 3, 72], opset),
  'Gemm with bias, transposed': (opset) => net((b, x) => b.gemm(x, 'fc', 100, 30), [5, 100], opset),
  'Gemm as it is': (opset) =>
    net((b, x) => b.op('Gemm', [x, b.weight('w', [64, 48])]), [5, 64], opset),
  Conv: (opset) => net((b, x) => b.conv(x, 'c', 8, 24), [1, 8, 6, 6], opset),
  'depthwise Conv': (opset) => net((b, x) => b.depthwise(x, 'd', 48), [1, 48, 6, 6], opset),
  ConvTranspose: (opset) =>
    net((b, x) => b.op('ConvTranspose', [x, b.weight('t', [12, 10, 3, 3])]), [1, 12, 5, 5], opset),
  'MatMul of odd size': (opset) =>
    net((b, x) => b.op('MatMul', [x, b.weight('w', [37, 45])]), [2, 37], opset),
  'batched MatMul': (opset) =>
    net((b, x) => b.op('MatMul', [x, b.weight('w', [2, 48, 20])]), [2, 3, 48], opset),
};

/**
 * The model with each weight rounded by a calculation of its own: straight from the definition, block by block, with no packing, no
 * strides and no shared code. Blocks run along the axis that is summed, in the order the weight lies in.
 */
function rounded(
  model: Model,
  options: QuantizeWeightsOptions,
  blockOf: (length: number) => number,
): Model {
  return edit(model, (e) => {
    for (const node of [...e.model.graph.nodes]) {
      const value = node.inputs[1];
      const tensor = value?.constant;
      if (
        value === undefined ||
        tensor === undefined ||
        !isOp(node, 'MatMul', 'Gemm', 'Conv', 'ConvTranspose')
      )
        continue;
      const w = Array.from(typedView(tensor) as Float32Array);
      const { dims } = tensor;
      const last = dims[dims.length - 1] as number;
      const transposed = isOp(node, 'Gemm') && node.attributes.has('transB');
      const columns = isOp(node, 'MatMul') || (isOp(node, 'Gemm') && !transposed);
      const lanes = columns ? last : (dims[0] as number);
      const lane = (i: number): number => (columns ? i % last : Math.floor(i / (w.length / lanes)));
      const place = (i: number): number =>
        columns ? Math.floor(i / last) : i % (w.length / lanes);
      const size = blockOf(w.length / lanes);
      const blocks = new Map<string, number[]>();
      w.forEach((_, i) => {
        const key = `${lane(i)}/${Math.floor(place(i) / size)}`;
        blocks.set(key, [...(blocks.get(key) ?? []), i]);
      });
      for (const indices of blocks.values()) roundBlock(w, indices, options);
      e.setConstant(value, float32Tensor(dims, w));
    }
  });
}

function roundBlock(
  w: number[],
  indices: readonly number[],
  { bits, symmetric }: QuantizeWeightsOptions,
): void {
  const own = indices.map((i) => w[i] as number);
  const top = 2 ** bits - 1;
  const extreme = own.reduce(
    (a, b) => (Math.abs(b) > Math.abs(a) || (Math.abs(b) === Math.abs(a) && b < a) ? b : a),
    0,
  );
  const [low, high] = [Math.min(0, ...own), Math.max(0, ...own)];
  const scale = Math.fround(symmetric ? extreme / -(2 ** (bits - 1)) : (high - low) / top) || 1;
  const zero = symmetric ? 2 ** (bits - 1) : Math.min(top, Math.max(0, halfEven(-low / scale)));
  for (const i of indices) {
    const code = Math.min(top, Math.max(0, halfEven(Math.fround((w[i] as number) / scale)) + zero));
    w[i] = Math.fround((code - zero) * scale);
  }
}

function halfEven(x: number): number {
  const down = Math.floor(x);
  if (x - down !== 0.5) return Math.round(x);
  return down % 2 === 0 ? down : down + 1;
}

async function outputOf(model: Model, like: Model): Promise<number[]> {
  const session = await runtime.create(toModelFile(model), sessionOptionsFor(model));
  try {
    const [first] = Object.values(await session.run(syntheticInputs(like, createRng(6))));
    if (first === undefined) throw new Error('no output');
    return Array.from(numbersOf(first));
  } finally {
    await session.release();
  }
}

const largestDifference = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - (b[i] as number))), 0) /
  Math.max(...a.map(Math.abs));

const kernelsOf = async (model: Model): Promise<string[]> => {
  const profile = await runtime.profile(
    toModelFile(model),
    syntheticInputs(model, createRng(6)),
    sessionOptionsFor(model),
  );
  return profile.map(({ opType }) => opType);
};

const optionsOf = (options: Partial<QuantizeWeightsOptions>): QuantizeWeightsOptions => ({
  method: 'quantize-weights',
  bits: 4,
  blockSize: 32,
  algorithm: 'rtn',
  symmetric: false,
  products: 'matmulnbits',
  keep: [],
  ...options,
});

describe.each(Object.keys(layers))('%s computes with the rounded weights', (name) => {
  test.each([2, 3, 4, 5, 6, 7, 8])('%i bits', async (bits) => {
    for (const symmetric of [false, true]) {
      // 13: planes. 21: int4 and int8. Both: MatMulNBits for products.
      for (const opset of [13, 21]) {
        const model = layers[name]?.(opset) as Model;
        // Keeps the opset of the older one from being raised: an operator of unknown change.
        const fixed = opset === 13 ? withUnknownOperator(model) : model;
        const applied = await applyChecked(quantizeWeights, fixed, { bits, symmetric });
        const form = applied.planned.plan.weights[0]?.form;
        const reference = rounded(fixed, optionsOf({ bits, symmetric }), (length) =>
          form?.kind === 'planes' ? planeBlock(length, 32) : 32,
        );
        const [a, b] = [await outputOf(reference, fixed), await outputOf(applied.model, fixed)];
        expect(largestDifference(a, b)).toBeLessThan(2e-6);
        // The control: the rounding itself is far larger than that.
        expect(largestDifference(await outputOf(fixed, fixed), b)).toBeGreaterThan(1e-4);
      }
    }
  });
});

/** Compress with a mask of ones: the identity, and in no list of operators that may change their version. */
function withUnknownOperator(model: Model): Model {
  return edit(model, (e) => {
    const [output] = e.model.graph.outputs as [Value];
    const mask = e.addConstant('mask', {
      ...float32Tensor([1], [0]),
      dtype: 'bool',
      data: oneByte,
    });
    const node = e.addNode('Compress', [output, mask], { attributes: { axis: intAttribute(0) } });
    e.setOutputs([node.outputs[0] as Value]);
    e.setType(node.outputs[0] as Value, { kind: 'tensor', dtype: 'float32', dims: undefined });
  });
}
const oneByte = {
  source: { name: 'one', size: 1, read: () => Uint8Array.of(1) },
  offset: 0,
  length: 1,
};

describe('forms', () => {
  const wide = (opset: number): Model =>
    net(
      (b, x) =>
        b.op('MatMul', [
          b.op('Relu', [b.op('MatMul', [x, b.weight('w', [512, 128])])]),
          b.weight('v', [128, 128]),
        ]),
      [1, 512],
      opset,
    );
  const convs = (opset: number): Model =>
    net((b, x) => b.conv(b.conv(x, 'a', 32, 64), 'b', 64, 64), [1, 32, 5, 5], opset);
  const formsOf = (
    model: Model,
    options: Partial<QuantizeWeightsOptions>,
  ): Record<string, number | string> => planOf(quantizeWeights, model, options).summary;

  test('products of 2, 4 and 8 bits use MatMulNBits, others planes; convolutions int4 or planes', () => {
    for (const bits of [2, 4, 8])
      expect(formsOf(wide(17), { bits })).toMatchObject({
        matmulnbits: 2,
        planes: 0,
        dequantize: 0,
      });
    for (const bits of [3, 5, 6, 7])
      expect(formsOf(wide(17), { bits })).toMatchObject({ matmulnbits: 0, planes: 2 });
    expect(formsOf(convs(13), { bits: 4 })).toMatchObject({ dequantize: 2, opset: 21 });
    expect(formsOf(convs(13), { bits: 2 })).toMatchObject({ planes: 2 });
    expect(formsOf(convs(25), { bits: 2 })).toMatchObject({ dequantize: 2 });
    expect(formsOf(wide(17), { bits: 4, products: 'dequantize' })).toMatchObject({
      matmulnbits: 0,
      dequantize: 2,
      opset: 21,
    });
  });

  test('the file shrinks to the bits asked for, plus scales', async () => {
    for (const bits of [2, 3, 4, 5, 6, 7, 8]) {
      for (const model of [wide(17), convs(17)]) {
        const count = model.graph.constants.reduce(
          (sum, { name, constant }) =>
            sum + (constant && !name.endsWith('.b') ? elementCount(constant.dims) : 0),
          0,
        );
        const { model: packed, planned } = await applyChecked(quantizeWeights, model, {
          bits,
          symmetric: true,
        });
        const overhead = modelSize(model) - count * 4;
        const bitsPerWeight = ((modelSize(packed) - overhead) * 8) / count;
        // One float32 scale for 32 weights (24 where 32 does not divide the kernel) is 1 to 1.34 bits; nodes and names the rest.
        expect(bitsPerWeight).toBeGreaterThan(bits + 1);
        expect(bitsPerWeight).toBeLessThan(bits + 1.9);
        expect(planned.summary).toMatchObject({ widerContainers: 0, weights: count });
        expect(Math.abs(Number(planned.summary['storedBits']) - bits - 1.1)).toBeLessThan(0.25);
      }
    }
  });

  test('nothing is unpacked at run time', async () => {
    for (const bits of [2, 3, 4, 8])
      expect(
        await kernelsOf((await applyChecked(quantizeWeights, convs(17), { bits })).model),
      ).toEqual(['Conv', 'Conv']);
    const products = (await applyChecked(quantizeWeights, wide(17), { bits: 4 })).model;
    expect((await kernelsOf(products)).filter((kernel) => kernel === 'MatMulNBits')).toHaveLength(
      2,
    );
    const folded = (
      await applyChecked(quantizeWeights, wide(17), { bits: 4, products: 'dequantize' })
    ).model;
    expect((await kernelsOf(folded)).filter((kernel) => kernel !== 'Relu')).toEqual([
      'MatMul',
      'MatMul',
    ]);
  });

  test('planes are folded without any session option', async () => {
    const { model } = await applyChecked(quantizeWeights, convs(17), { bits: 3 });
    expect(sessionOptionsFor(model)).toEqual({});
  });

  test('int2 from opset 25 on', async () => {
    const model = convs(25);
    const { model: packed } = await applyChecked(quantizeWeights, model, {
      bits: 2,
      symmetric: true,
    });
    expect(packed.irVersion).toBe(13);
    expect(packed.graph.constants.find(({ name }) => name === 'a.w')?.constant?.dtype).toBe('int2');
    const reference = rounded(model, optionsOf({ bits: 2, symmetric: true }), () => 32);
    expect(
      largestDifference(await outputOf(reference, model), await outputOf(packed, model)),
    ).toBeLessThan(2e-6);
  });

  test('a tiny layer takes a wider container where that is smaller, and says so', () => {
    const model = net((b, x) => b.conv(x, 'c', 8, 16), [1, 8, 5, 5]);
    expect(formsOf(model, { bits: 3 })).toMatchObject({
      dequantize: 1,
      widerContainers: 8 * 16 * 9,
    });
  });
});

test('parameters are counted as before, and zeros as the rounded weights have them', async () => {
  const model = tinyModel((b) => {
    const x = b.input([1, 16, 6, 6]);
    b.output(b.conv(b.conv(x, 'a', 16, 32, { bias: false }), 'b', 32, 32, { bias: false }));
  }, 13);
  for (const bits of [2, 3, 5, 7, 8])
    for (const symmetric of [false, true])
      for (const fixed of [model, withUnknownOperator(model)]) {
        const { model: packed, planned } = await applyChecked(quantizeWeights, fixed, {
          bits,
          symmetric,
        });
        expect(countParameters(packed).total).toBe(countParameters(model).total);
        const block = planned.plan.weights[0]?.form.kind === 'planes' ? 24 : 32;
        const reference = rounded(fixed, optionsOf({ bits, symmetric }), (length) =>
          length === 144 ? block : 32,
        );
        expect(countNonzero(packed)).toBe(countNonzero(reference));
        expect(countNonzero(packed)).toBeLessThan(countNonzero(model));
      }
});

test('planes take a block size that divides the length', () => {
  expect([27, 64, 144, 147, 50, 101, 37].map((length) => planeBlock(length, 32))).toEqual([
    27, 32, 24, 21, 25, 101, 37,
  ]);
});

describe('refusals and what is left alone', () => {
  test('too small, float16, kept', () => {
    const small = net((b, x) => b.gemm(x, 'fc', 4, 4), [1, 4]);
    expect(refusalOf(quantizeWeights, small, {}).message).toMatch(/too small for packing/);
    expect(
      refusalOf(
        quantizeWeights,
        net((b, x) => b.op('Relu', [x]), [1, 4]),
        {},
      ).message,
    ).toMatch(/there are none/);
    const kept = planOf(quantizeWeights, plainChain(), { keep: ['fc1'] });
    expect(kept.skipped).toContainEqual({ name: 'fc1', opType: 'Gemm', reason: 'kept as asked' });
  });

  test('a weight that is no number is named', async () => {
    const broken = edit(plainChain(), (e) => {
      const weight = e.model.graph.constants.find((value) => value.name === 'fc1.w') as Value;
      e.setConstant(weight, float32Tensor([32, 96], new Float32Array(96 * 32).fill(Infinity)));
    });
    await expect(applyChecked(quantizeWeights, broken, {})).rejects.toThrow(
      /fc1\.w: element 0 of the weight is Infinity/,
    );
  });

  test('the same model gives the same bytes', async () => {
    const [a, b] = [
      await applyChecked(quantizeWeights, plainChain(), { bits: 3 }),
      await applyChecked(quantizeWeights, plainChain(), { bits: 3 }),
    ];
    expect(writeBytes(a.model)).toEqual(writeBytes(b.model));
  });
});
