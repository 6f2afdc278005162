import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createNodeRuntime } from '../../../cli/node-runtime.ts';
import { createRng, quietTask } from '../../core/index.ts';
import {
  edit,
  floatAttribute,
  intAttribute,
  intsAttribute,
  stringAttribute,
  isOp,
  type Model,
  type Node,
  type Value,
} from '../../graph/index.ts';
import { toModelFile, writeBytes } from '../../onnx/index.ts';
import { syntheticInputs, type Feeds, type Runtime } from '../../runtime/index.ts';
import { elementCount, float32Tensor, typedView, type Tensor } from '../../tensor/index.ts';
import { numbersOf, runModel } from '../testing/expect-same-function.ts';
import { applyChecked, contextOf, planOf, type Applied } from '../testing/method-context.ts';
import {
  invertedBottlenecks,
  plainChain,
  tinyModel,
  type TinyBuilder,
} from '../testing/tiny-models.ts';
import {
  proveFusion,
  quantizeInt8,
  type FusionPlan,
  type FusionProof,
  type QuantizeInt8Options,
  type QuantizeInt8Plan,
} from './index.ts';

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createNodeRuntime('wasm', 1);
});
afterAll(() => runtime.dispose());

const inputsOf = (model: Model, seed = 1): Feeds => syntheticInputs(model, createRng(seed));

async function quantize(
  model: Model,
  options: Partial<QuantizeInt8Options> = {},
): Promise<Applied<QuantizeInt8Plan>> {
  const calibration = [1, 2, 3].map((seed) => inputsOf(model, seed));
  return applyChecked(quantizeInt8, model, options, { runtime, calibration });
}

const fusionOf = ({ planned }: Pick<Applied<QuantizeInt8Plan>, 'planned'>): FusionPlan => {
  if (planned.plan.mode !== 'static') throw new Error('not a static plan');
  return planned.plan.fusion;
};

async function proofOf(applied: Applied<QuantizeInt8Plan>): Promise<FusionProof> {
  const profile = await runtime.profile(toModelFile(applied.model), inputsOf(applied.model));
  return proveFusion(profile, fusionOf(applied));
}

/** Signal to quantization noise of the outputs on one calibration input, dB. */
async function sqnr(a: Model, b: Model): Promise<number> {
  const feeds = inputsOf(a);
  const [x, y] = [await runModel(a, runtime, feeds), await runModel(b, runtime, feeds)];
  let [signal, noise] = [0, 0];
  for (const [name, tensor] of Object.entries(x)) {
    const other = numbersOf(y[name] ?? tensor);
    Array.from(numbersOf(tensor)).forEach((value, i) => {
      signal += value ** 2;
      noise += (value - (other[i] as number)) ** 2;
    });
  }
  return 10 * Math.log10(signal / noise);
}

const net = (
  build: (b: TinyBuilder, x: Value) => Value,
  dims = [1, 8, 12, 12],
  opset = 17,
): Model => tinyModel((b) => b.output(build(b, b.input(dims))), opset);

const relu = (b: TinyBuilder, x: Value): Value => b.op('Relu', [x]);
const pool = { kernel_shape: intsAttribute([2, 2]), strides: intsAttribute([2, 2]) };

const residual = (): Model =>
  net((b, x) => {
    const stem = relu(b, b.conv(x, 'stem', 8, 16));
    const inner = b.conv(relu(b, b.conv(stem, 'a', 16, 16)), 'b', 16, 16);
    const sum = relu(b, b.op('Add', [inner, stem]));
    const pooled = b.op('Flatten', [b.op('GlobalAveragePool', [sum])], { axis: intAttribute(1) });
    return b.gemm(pooled, 'head', 16, 10);
  });

const networks: readonly (readonly [string, () => Model, number])[] = [
  ['conv, batch norm, relu, pool, gemm', plainChain, 25],
  ['residual', residual, 25],
  ['depthwise left in float between integer layers', invertedBottlenecks, 20],
  [
    'SiLU',
    () =>
      net((b, x) => {
        const gated = (y: Value): Value => b.op('Mul', [y, b.op('Sigmoid', [y])]);
        return b.conv(gated(b.conv(x, 'a', 8, 16)), 'b', 16, 8);
      }),
    25,
  ],
  [
    'leaky relu and concat',
    () =>
      net((b, x) => {
        const leaky = (y: Value): Value => b.op('LeakyRelu', [y], { alpha: floatAttribute(0.1) });
        const first = leaky(b.conv(x, 'a', 8, 8));
        const joined = b.op('Concat', [first, leaky(b.conv(first, 'b', 8, 8))], {
          axis: intAttribute(1),
        });
        return b.conv(joined, 'c', 16, 4);
      }),
    25,
  ],
  [
    'average pool and transpose',
    () =>
      net((b, x) => {
        const pooled = b.op('AveragePool', [relu(b, b.conv(x, 'a', 8, 8))], pool);
        const turned = b.op('Transpose', [pooled], { perm: intsAttribute([0, 1, 3, 2]) });
        return b.conv(turned, 'b', 8, 8);
      }),
    25,
  ],
  [
    'matrix product with an Add for its bias',
    () =>
      net(
        (b, x) => {
          const hidden = relu(
            b,
            b.op('Add', [b.op('MatMul', [x, b.weight('w1', [16, 24])]), b.weight('b1', [24])]),
          );
          return b.op('Add', [
            b.weight('b2', [8]),
            b.op('MatMul', [hidden, b.weight('w2', [24, 8])]),
          ]);
        },
        [5, 16],
      ),
    25,
  ],
  [
    'an activation that cannot be absorbed',
    () =>
      net((b, x) => {
        const hard = b.op('HardSigmoid', [b.conv(x, 'a', 8, 8)]);
        return b.conv(hard, 'b', 8, 8);
      }),
    20,
  ],
];

describe('the profile shows what was planned, and the function is kept', () => {
  test.each(networks)('%s', async (_name, make, decibels) => {
    const model = make();
    const applied = await quantize(model);
    const proof = await proofOf(applied);
    expect(proof).toMatchObject({ complete: true, fused: proof.planned });
    expect(proof.planned).toBeGreaterThan(1);
    expect(await sqnr(model, applied.model)).toBeGreaterThan(decibels);
  });

  test('negative control: the float model proves nothing', async () => {
    const applied = await quantize(residual());
    const profile = await runtime.profile(toModelFile(residual()), inputsOf(residual()));
    const proof = proveFusion(profile, fusionOf(applied));
    expect(proof).toMatchObject({ complete: false, fused: 0 });
    expect(proof.ranInFloat).toBeGreaterThan(fusionOf(applied).floatNodes);
  });

  test('negative control: pairs before the activation instead of behind it do not fuse the Add', async () => {
    const applied = await quantize(residual());
    const wrong = edit(applied.model, (e) => {
      for (const node of e.model.graph.nodes) {
        const [x] = node.inputs;
        if (isOp(node, 'QuantizeLinear') && isOp(x?.producer, 'Relu'))
          e.setConstant(node.inputs[2] as Value, { ...scalar(128), dtype: 'uint8' });
      }
    });
    const profile = await runtime.profile(toModelFile(wrong), inputsOf(wrong));
    expect(proveFusion(profile, fusionOf(applied)).complete).toBe(false);
  });

  test.each(['int8', 'int8-symmetric'] as const)(
    '%s: nodes around a fork are known not to fuse',
    async (activations) => {
      const applied = await quantize(residual(), { activations });
      const everything = await quantize(residual());
      expect((await proofOf(applied)).complete).toBe(true);
      expect((await proofOf(applied)).planned).toBeLessThan((await proofOf(everything)).planned);
      expect(applied.planned.skipped.map(({ reason }) => reason).join()).toMatch(/several readers/);
      expect((await proofOf(await quantize(plainChain(), { activations }))).complete).toBe(true);
    },
  );

  test('per tensor, uint8 weights, old opsets', async () => {
    for (const options of [{ granularity: 'per-tensor' }, { weights: 'uint8' }] as const)
      expect((await proofOf(await quantize(residual(), options))).complete).toBe(true);
    const old = net((b, x) => b.conv(relu(b, b.conv(x, 'a', 8, 8)), 'b', 8, 8), [1, 8, 6, 6], 9);
    const applied = await quantize(old);
    expect(applied.planned.summary).toMatchObject({ opset: 13 });
    expect((await proofOf(applied)).complete).toBe(true);
  });

  test("an opset that cannot be raised: the runtime's own pairs, which fuse as well", async () => {
    const model = net(
      (b, x) => {
        // Nearest sampling in a coordinate mode that opset 13 no longer has.
        return b.op(
          'Resize',
          [
            b.conv(relu(b, b.conv(x, 'a', 8, 8)), 'b', 8, 8),
            b.e.addConstant('roi', float32Tensor([0], [])),
            b.e.addConstant('scales', float32Tensor([4], [1, 1, 2, 2])),
          ],
          { coordinate_transformation_mode: stringAttribute('tf_half_pixel_for_nn') },
        );
      },
      [1, 8, 6, 6],
      11,
    );
    const applied = await quantize(model);
    expect(applied.model.opsets.get('')).toBe(11);
    expect(
      applied.model.graph.nodes.some(
        (node) => node.domain === 'com.microsoft' && node.opType === 'QuantizeLinear',
      ),
    ).toBe(true);
    expect((await proofOf(applied)).complete).toBe(true);
  });
});

const scalar = (value: number): Tensor => ({
  ...float32Tensor([], [0]),
  data: bytes(Uint8Array.of(value)),
});

const bytes = (data: Uint8Array) => ({
  source: {
    name: 'test',
    size: data.length,
    read: (at: number, n: number) => data.subarray(at, at + n),
  },
  offset: 0,
  length: data.length,
});

describe('scales', () => {
  const feeds: Feeds = {
    x: {
      dtype: 'float32',
      dims: [2, 4],
      data: new Uint8Array(Float32Array.of(-1, 0, 2, 3, 0.5, 1, -2, 1).buffer),
    },
  };
  const product = (): Model => net((b, x) => b.gemm(x, 'fc', 4, 3), [2, 4]);
  const constant = (model: Model, name: string): number[] => {
    const tensor = model.graph.constants.find((value) => value.name === name)?.constant;
    if (tensor === undefined)
      throw new Error(`no ${name} in ${model.graph.constants.map((value) => value.name).join()}`);
    return Array.from(typedView(tensor) as ArrayLike<number>);
  };

  test('of the input from its range, of the bias from input and weight', async () => {
    const { model } = await applyChecked(
      quantizeInt8,
      product(),
      {},
      { runtime, calibration: [feeds] },
    );
    const [scale] = constant(model, 'x_scale') as [number];
    expect(scale).toBe(Math.fround(5 / 255));
    expect(constant(model, 'x_zero')).toEqual([Math.round(2 / scale)]);
    const original = new Map(
      product().graph.constants.map((value) => [value.name, constant(product(), value.name)]),
    );
    const weightScales = constant(model, 'fc.w_scale');
    [0, 1, 2].forEach((row) => {
      const largest = Math.max(
        ...(original.get('fc.w') as number[]).slice(row * 4, row * 4 + 4).map(Math.abs),
      );
      expect(weightScales[row]).toBeCloseTo(largest / 127, 7);
      const step = constant(model, 'fc.b_scale')[row] as number;
      expect(step).toBe(Math.fround(scale * (weightScales[row] as number)));
      const bias = (original.get('fc.b') as number[])[row] as number;
      expect(Math.abs((constant(model, 'fc.b')[row] as number) * step - bias)).toBeLessThanOrEqual(
        step / 2,
      );
    });
  });

  test('a bias too large for int32 widens the scale of its weights', async () => {
    const model = edit(product(), (e) => {
      e.setConstant(
        e.model.graph.constants.find((value) => value.name === 'fc.w') as Value,
        float32Tensor([3, 4], new Float32Array(12).fill(1e-9)),
      );
      e.setConstant(
        e.model.graph.constants.find((value) => value.name === 'fc.b') as Value,
        float32Tensor([3], [50, -3, 0]),
      );
    });
    const quantized = await applyChecked(
      quantizeInt8,
      model,
      {},
      { runtime, calibration: [feeds] },
    );
    const [a, b] = [
      await runModel(model, runtime, feeds),
      await runModel(quantized.model, runtime, feeds),
    ];
    const [x, y] = [Object.values(a)[0], Object.values(b)[0]];
    if (x === undefined || y === undefined) throw new Error('no output');
    Array.from(numbersOf(x)).forEach((value, i) => expect(numbersOf(y)[i]).toBeCloseTo(value, 4));
  });

  test('a constant input and a channel of zeros do no harm', async () => {
    const zeros: Feeds = { x: { dtype: 'float32', dims: [2, 4], data: new Uint8Array(32) } };
    const { model } = await applyChecked(
      quantizeInt8,
      product(),
      {},
      { runtime, calibration: [zeros] },
    );
    const [output] = Object.values(await runModel(model, runtime, zeros));
    if (output === undefined) throw new Error('no output');
    expect(Array.from(numbersOf(output)).every(Number.isFinite)).toBe(true);
  });
});

describe('what is left alone', () => {
  test('depthwise convolutions, with the measured ratio, unless asked for', async () => {
    const planned = planOf(quantizeInt8, invertedBottlenecks(), {});
    expect(planned.skipped.map(({ name }) => name)).toEqual(['a.depth', 'b.depth']);
    expect(planned.skipped[0]?.reason).toMatch(/0\.25× the float speed in integers on wasm/);
    const asked = await quantize(invertedBottlenecks(), { depthwise: true });
    expect(asked.planned.skipped).toEqual([]);
    expect(await proofOf(asked)).toMatchObject({ complete: true, ranInFloat: 0 });
  });

  test('a float layer between pairs is not quantized behind our back', async () => {
    const linear = net((b, x) => b.conv(b.depthwise(b.conv(x, 'a', 8, 8), 'd', 8), 'b', 8, 8));
    for (const model of [linear, invertedBottlenecks()]) {
      const applied = await quantize(model);
      const proof = await proofOf(applied);
      expect(proof.complete).toBe(true);
      expect(proof.ranInFloat).toBe(fusionOf(applied).floatNodes);
    }
  });

  test('layers named in keep', async () => {
    const applied = await quantize(residual(), { keep: ['a'] });
    expect(applied.planned.skipped).toEqual([
      { name: 'a', opType: 'Conv', reason: 'kept as asked' },
    ]);
    expect(weightOf(applied.model, 'a').constant?.dtype).toBe('float32');
    expect((await proofOf(applied)).complete).toBe(true);
  });

  test('a Gemm that scales, a bias that is computed', () => {
    const model = net(
      (b, x) => {
        const scaled = b.e.addNode('Gemm', [x, b.weight('w', [4, 4])], {
          name: 'scaled',
          attributes: { alpha: floatAttribute(2) },
        });
        const computed = b.e.addNode(
          'Gemm',
          [scaled.outputs[0], b.weight('v', [4, 4]), b.op('Neg', [b.weight('c', [4])])],
          { name: 'computed' },
        );
        return b.gemm(computed.outputs[0] as Value, 'plain', 4, 4);
      },
      [2, 4],
    );
    const reasons = planOf(quantizeInt8, model, {}).skipped.map(
      ({ name, reason }) => `${name}: ${reason}`,
    );
    expect(reasons).toEqual([
      'scaled: it scales its product (alpha or beta is not 1)',
      'computed: its bias is not a stored float32 vector',
    ]);
  });
});

const weightOf = (model: Model, name: string): Value =>
  (model.graph.nodes.find((node) => node.name === name) as Node).inputs[1] as Value;

describe('refusals', () => {
  test('without samples or runtime', async () => {
    const model = plainChain();
    const options = { ...planOptions, method: 'quantize-int8' } as QuantizeInt8Options;
    const planned = planOf(quantizeInt8, model, {});
    const apply = (given: Parameters<typeof contextOf>[1]) =>
      quantizeInt8.apply(model, planned, options, contextOf(model, given));
    await expect(apply({})).rejects.toThrow(/runs the model on samples, and there is no runtime/);
    await expect(apply({ runtime })).rejects.toThrow(/there are no samples/);
    await expect(apply({ runtime, calibration: [] })).rejects.toThrow(/not one batch/);
  });

  test('infinite activations and weights that are no numbers, naming them', async () => {
    const model = plainChain();
    const dims = inputsOf(model)['x']?.dims ?? [];
    const infinite: Feeds = {
      x: {
        dtype: 'float32',
        dims,
        data: new Uint8Array(new Float32Array(elementCount(dims)).fill(Infinity).buffer),
      },
    };
    await expect(
      applyChecked(quantizeInt8, model, {}, { runtime, calibration: [infinite] }),
    ).rejects.toThrow(/^x: it ranges from/);
    const broken = edit(model, (e) => {
      const weight = e.model.graph.constants.find((value) => value.name === 'fc1.w') as Value;
      e.setConstant(
        weight,
        float32Tensor(weight.constant?.dims ?? [], new Float32Array(96 * 32).fill(Number.NaN)),
      );
    });
    await expect(applyChecked(quantizeInt8, broken, { mode: 'weights-only' })).rejects.toThrow(
      /fc1\.w: element 0 of the weight is NaN/,
    );
  });
});

const planOptions: Omit<QuantizeInt8Options, 'method'> = {
  mode: 'static',
  granularity: 'per-channel',
  calibration: 'minmax',
  samples: 128,
  activations: 'uint8',
  weights: 'auto',
  depthwise: false,
  keep: [],
};

test('calibration stops when it has enough samples', async () => {
  let given = 0;
  const model = plainChain();
  async function* endless(): AsyncGenerator<Feeds> {
    for (;;) yield inputsOf(model, ++given);
  }
  const context = { ...contextOf(model, { runtime }), calibration: endless(), task: quietTask };
  await quantizeInt8.apply(
    model,
    planOf(quantizeInt8, model, { samples: 3 }),
    { ...planOptions, samples: 3, method: 'quantize-int8' },
    context,
  );
  expect(given).toBe(3);
});

test('the same model and samples give the same bytes', async () => {
  const [a, b] = [await quantize(residual()), await quantize(residual())];
  expect(writeBytes(a.model)).toEqual(writeBytes(b.model));
});
