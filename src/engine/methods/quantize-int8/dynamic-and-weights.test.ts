import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createNodeRuntime } from '../../../cli/node-runtime.ts';
import { createRng } from '../../core/index.ts';
import { intAttribute, stringAttribute, type Model, type Value } from '../../graph/index.ts';
import { modelSize, toModelFile, writeBytes } from '../../onnx/index.ts';
import {
  syntheticInputs,
  type Feeds,
  type Runtime,
  type SessionOptions,
} from '../../runtime/index.ts';
import { float32Tensor, typedView, type Tensor } from '../../tensor/index.ts';
import { sessionOptionsFor } from '../shared/session-options.ts';
import { numbersOf, runModel } from '../testing/expect-same-function.ts';
import { applyChecked, planOf, refusalOf } from '../testing/method-context.ts';
import {
  invertedBottlenecks,
  plainChain,
  tinyModel,
  type TinyBuilder,
} from '../testing/tiny-models.ts';
import { quantizeInt8 } from './index.ts';

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createNodeRuntime('wasm', 1);
});
afterAll(() => runtime.dispose());

const net = (build: (b: TinyBuilder, x: Value) => Value, dims: number[], opset = 17): Model =>
  tinyModel((b) => b.output(build(b, b.input(dims))), opset);

const inputsOf = (model: Model): Feeds => syntheticInputs(model, createRng(2));

async function outputOf(model: Model, feeds: Feeds): Promise<number[]> {
  const [first] = Object.values(await runModel(model, runtime, feeds));
  if (first === undefined) throw new Error('no output');
  return Array.from(numbersOf(first));
}

async function kernelsOf(model: Model, options: SessionOptions = {}): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const { opType } of await runtime.profile(toModelFile(model), inputsOf(model), options))
    counts.set(opType, (counts.get(opType) ?? 0) + 1);
  return counts;
}

const sqnr = (signal: readonly number[], other: readonly number[]): number => {
  const noise = signal.reduce((sum, value, i) => sum + (value - (other[i] as number)) ** 2, 0);
  return 10 * Math.log10(signal.reduce((sum, value) => sum + value ** 2, 0) / noise);
};

const numbers = (tensor: Tensor | undefined): number[] => {
  if (tensor === undefined) throw new Error('no tensor');
  return Array.from(typedView(tensor) as ArrayLike<number>);
};

const constant = (model: Model, name: string): Tensor | undefined =>
  model.graph.constants.find((value) => value.name === name)?.constant;

describe('dynamic', () => {
  test.each([
    ['MatMul', net((b, x) => b.op('MatMul', [x, b.weight('w', [16, 24])]), [3, 5, 16])],
    ['Gemm, transposed, with bias', net((b, x) => b.gemm(x, 'fc', 16, 24), [5, 16])],
    ['Gemm as it is', net((b, x) => b.op('Gemm', [x, b.weight('w', [16, 24])]), [5, 16])],
  ])('%s becomes one fused kernel', async (_name, model) => {
    for (const weights of ['auto', 'int8', 'uint8'] as const) {
      const applied = await applyChecked(quantizeInt8, model, { mode: 'dynamic', weights });
      const kernels = await kernelsOf(applied.model);
      expect([...kernels.keys()].filter((name) => /MatMul|Gemm/.test(name))).toEqual([
        'DynamicQuantizeMatMul',
      ]);
      const feeds = inputsOf(model);
      expect(
        sqnr(await outputOf(model, feeds), await outputOf(applied.model, feeds)),
      ).toBeGreaterThan(32);
    }
  });

  test('the product is that of the quantized operands', async () => {
    const model = net((b, x) => b.op('MatMul', [x, b.weight('w', [16, 4])]), [1, 16]);
    const { model: quantized } = await applyChecked(quantizeInt8, model, {
      mode: 'dynamic',
      weights: 'int8',
    });
    const feeds = inputsOf(model);
    const x = numbersOf(feeds['x'] as Parameters<typeof numbersOf>[0]);
    const low = Math.min(0, ...Array.from(x));
    const step = Math.fround(Math.fround(Math.max(0, ...Array.from(x)) - low) / 255);
    const zero = Math.round(-low / step);
    const [w, scales] = [
      numbers(constant(quantized, 'w')),
      numbers(constant(quantized, 'w_scale')),
    ];
    const expected = scales.map((scale, column) => {
      let sum = 0;
      for (let k = 0; k < 16; k++)
        sum += (Math.round((x[k] as number) / step) + zero - zero) * (w[k * 4 + column] as number);
      return sum * step * scale;
    });
    (await outputOf(quantized, feeds)).forEach((value, i) =>
      expect(value).toBeCloseTo(expected[i] as number, 4),
    );
  });

  test('convolutions through ConvInteger with unsigned weights; depthwise stays float', async () => {
    const model = invertedBottlenecks();
    const applied = await applyChecked(quantizeInt8, model, { mode: 'dynamic' });
    expect(applied.planned.skipped.map(({ name }) => name)).toEqual(['a.depth', 'b.depth']);
    const kernels = await kernelsOf(applied.model);
    expect(kernels.get('ConvInteger')).toBe(5);
    expect(constant(applied.model, 'stem.w')?.dtype).toBe('uint8');
    const feeds = inputsOf(model);
    expect(
      sqnr(await outputOf(model, feeds), await outputOf(applied.model, feeds)),
    ).toBeGreaterThan(25);
  });

  test('readers of one activation share its quantization', async () => {
    const model = net(
      (b, x) => b.op('Add', [b.gemm(x, 'a', 16, 16), b.gemm(x, 'b', 16, 16)]),
      [2, 16],
    );
    const { model: quantized } = await applyChecked(quantizeInt8, model, { mode: 'dynamic' });
    expect(
      quantized.graph.nodes.filter((node) => node.opType === 'DynamicQuantizeLinear'),
    ).toHaveLength(1);
  });

  test('an opset without DynamicQuantizeLinear is raised, or refused with the operator that forbids it', async () => {
    const old = net((b, x) => b.op('MatMul', [x, b.weight('w', [16, 16])]), [2, 16], 9);
    const applied = await applyChecked(quantizeInt8, old, { mode: 'dynamic' });
    expect(applied.planned.summary).toMatchObject({ opset: 11 });
    await kernelsOf(applied.model);
    const stuck = net(
      (b, x) =>
        b.op('Upsample', [b.op('MatMul', [x, b.weight('w', [16, 16])]), b.weight('s', [2])], {
          mode: stringAttribute('cubic'),
        }),
      [2, 16],
      9,
    );
    expect(refusalOf(quantizeInt8, stuck, { mode: 'dynamic' }).message).toMatch(
      /Upsample.*opset 9.*its mode has no newer form/,
    );
  });
});

describe('weights-only', () => {
  test('each weight is stored in 8 bits and comes back within half a step; the file shrinks to that', async () => {
    const before = plainChain();
    const { model, planned } = await applyChecked(quantizeInt8, before, { mode: 'weights-only' });
    let saved = 0;
    for (const name of ['conv1.w', 'conv2.w', 'fc1.w', 'fc2.w']) {
      const [original, stored] = [constant(before, name), constant(model, name)];
      expect(stored?.dtype).toBe('int8');
      const [w, q, scales] = [
        numbers(original),
        numbers(stored),
        numbers(constant(model, `${name}_scale`)),
      ];
      const perChannel = w.length / scales.length;
      saved += 3 * w.length - 5 * scales.length;
      // The batch norm behind the first layer was folded into it: its weights are others now.
      if (name === 'conv1.w') continue;
      w.forEach((value, i) => {
        const scale = scales[Math.floor(i / perChannel)] as number;
        expect(Math.abs((q[i] as number) * scale - value)).toBeLessThanOrEqual(scale * 0.50001);
      });
    }
    const smaller = modelSize(before) - modelSize(model);
    expect(planned.summary).toMatchObject({ layers: 4, weights: 432 + 3456 + 3072 + 320 });
    // The batch norm that was folded frees a little; names and nodes take a little.
    expect(Math.abs(smaller - saved)).toBeLessThan(1500);
    const feeds = inputsOf(before);
    expect(sqnr(await outputOf(before, feeds), await outputOf(model, feeds))).toBeGreaterThan(30);
  });

  test('loaded as it should be, nothing is dequantized at run time; loaded otherwise, it is', async () => {
    const { model } = await applyChecked(quantizeInt8, plainChain(), { mode: 'weights-only' });
    const options = sessionOptionsFor(model);
    expect(options).toEqual({ foldDequantize: true });
    const kernels = await kernelsOf(model, options);
    expect([...kernels.keys()].filter((name) => /Dequantize|NBits/.test(name))).toEqual([]);
    expect((await kernelsOf(model)).get('DequantizeLinear')).toBeGreaterThan(0);
    expect(model.metadata.get('whittle.session.disable_quant_qdq')).toBe('1');
  });

  test('a model with quantized activations is not loaded so: it would undo the fusion', async () => {
    const calibration = [inputsOf(plainChain())];
    const { model } = await applyChecked(quantizeInt8, plainChain(), {}, { runtime, calibration });
    expect(sessionOptionsFor(model)).toEqual({});
    expect(sessionOptionsFor(plainChain())).toEqual({});
  });

  test('asymmetric, per tensor, depthwise and transposed convolutions', async () => {
    const model = net(
      (b, x) => {
        const up = b.e.addNode(
          'ConvTranspose',
          [b.depthwise(x, 'd', 8, 8), b.weight('t', [64, 12, 2, 2])],
          { name: 'up' },
        );
        return up.outputs[0] as Value;
      },
      [1, 8, 5, 5],
    );
    const feeds = inputsOf(model);
    for (const options of [{}, { weights: 'uint8' }, { granularity: 'per-tensor' }] as const) {
      const applied = await applyChecked(quantizeInt8, model, { mode: 'weights-only', ...options });
      expect(applied.planned.skipped).toEqual([]);
      expect(
        sqnr(await outputOf(model, feeds), await outputOf(applied.model, feeds)),
      ).toBeGreaterThan(30);
    }
  });

  test('weights inside a subgraph', async () => {
    const model = net(
      (b, x) => {
        const make = (name: string) => {
          const body = {
            name,
            inputs: [],
            outputs: [] as Value[],
            nodes: [],
            constants: [],
            annotated: [],
          };
          const node = b.e.addNode('MatMul', [x, b.weight(`${name}.w`, [16, 32])], {
            name,
            graph: body,
          });
          body.outputs.push(node.outputs[0] as Value);
          return { kind: 'graph', value: body } as const;
        };
        const condition = b.op('Less', [
          b.op('ReduceMax', [x], { keepdims: intAttribute(0) }),
          b.e.addConstant('limit', float32Tensor([], [100])),
        ]);
        return b.op('If', [condition], { then_branch: make('small'), else_branch: make('large') });
      },
      [2, 16],
    );
    const applied = await applyChecked(quantizeInt8, model, { mode: 'weights-only' });
    expect(constant(applied.model, 'small.w')?.dtype).toBe('int8');
    const feeds = inputsOf(model);
    expect(
      sqnr(await outputOf(model, feeds), await outputOf(applied.model, feeds)),
    ).toBeGreaterThan(30);
    expect(planOf(quantizeInt8, model, { mode: 'weights-only' }).skipped).toEqual([]);
  });
});

describe('refusals', () => {
  test('nothing to quantize, with the reason', () => {
    const small = net((b, x) => b.gemm(x, 'fc', 4, 4), [1, 4]);
    expect(refusalOf(quantizeInt8, small, { mode: 'weights-only' }).message).toMatch(
      /too small for 8 bits/,
    );
    const none = net((b, x) => b.op('Relu', [x]), [1, 4]);
    expect(refusalOf(quantizeInt8, none, {}).message).toMatch(/there are none/);
    expect(refusalOf(quantizeInt8, small, { keep: ['fc'] }).message).toMatch(/kept as asked/);
  });
});

test.each(['dynamic', 'weights-only'] as const)(
  '%s: the same model gives the same bytes',
  async (mode) => {
    const [a, b] = [
      await applyChecked(quantizeInt8, plainChain(), { mode }),
      await applyChecked(quantizeInt8, plainChain(), { mode }),
    ];
    expect(writeBytes(a.model)).toEqual(writeBytes(b.model));
  },
);
