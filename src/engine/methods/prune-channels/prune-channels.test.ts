import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createNodeRuntime } from '../../../cli/node-runtime.ts';
import { countParameters, tensorElements } from '../../analysis/index.ts';
import { createRng, quietTask } from '../../core/index.ts';
import {
  edit,
  floatAttribute,
  intAttribute,
  intsAttribute,
  type Model,
  type Value,
} from '../../graph/index.ts';
import { writeBytes } from '../../onnx/index.ts';
import { measureShapes, type Feeds, type Runtime } from '../../runtime/index.ts';
import { elementCount, float32Tensor, int64Tensor, type Tensor } from '../../tensor/index.ts';
import { expectOtherFunction, expectSameFunction } from '../testing/expect-same-function.ts';
import { applyChecked, planOf, refusalOf, type Given } from '../testing/method-context.ts';
import {
  invertedBottlenecks,
  plainChain,
  tinyModel,
  type TinyBuilder,
} from '../testing/tiny-models.ts';
import { pruneChannels } from './index.ts';
import type { PruneChannelsOptions } from './options.ts';

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createNodeRuntime('wasm', 1);
});
afterAll(() => runtime.dispose());

const fine = { roundTo: 1, minChannels: 1 } satisfies Partial<PruneChannelsOptions>;

function feedsOf(model: Model, batch = 2): Feeds {
  const rng = createRng(11);
  return Object.fromEntries(
    model.graph.inputs.map(({ name, type }) => {
      const dims = (type?.kind === 'tensor' ? (type.dims ?? []) : []).map((dim) =>
        typeof dim === 'number' ? dim : batch,
      );
      const values = Float32Array.from({ length: elementCount(dims) }, () => rng.normal());
      return [name, { dtype: 'float32', dims, data: new Uint8Array(values.buffer) }];
    }),
  );
}

async function measured(model: Model): Promise<Given & { feeds: Feeds; runtime: Runtime }> {
  const feeds = feedsOf(model);
  return { runtime, feeds, shapes: await measureShapes(model, runtime, feeds, quietTask) };
}

/** Zeroes some output channels of a layer: its filter and its bias, or the norm's scale and shift after it. */
function zeroChannels(model: Model, changes: Readonly<Record<string, readonly number[]>>): Model {
  return edit(model, (e) => {
    for (const [name, channels] of Object.entries(changes)) {
      const value = model.graph.constants.find((constant) => constant.name === name) as Value;
      const tensor = value.constant as Tensor;
      const values = Float32Array.from(tensorElements(tensor) ?? []);
      const width = elementCount(tensor.dims.slice(1));
      for (const channel of channels) values.fill(0, channel * width, (channel + 1) * width);
      e.setConstant(value, float32Tensor(tensor.dims, values));
    }
  });
}

const dimsOf = (model: Model, name: string): readonly number[] | undefined =>
  model.graph.constants.find((value) => value.name === name)?.constant?.dims;

describe('keeps the function where the channels that go are zero', () => {
  test('convolutions, norm, pooling, flatten and linear layers', async () => {
    const whole = plainChain();
    const zeroed = zeroChannels(whole, {
      'bn1.g': [1, 5, 9, 14],
      'bn1.b': [1, 5, 9, 14],
      'conv2.w': [0, 2, 4, 6, 8, 10],
      'conv2.b': [0, 2, 4, 6, 8, 10],
      'fc1.w': [31, 30, 3, 4, 5, 6, 7, 8],
      'fc1.b': [31, 30, 3, 4, 5, 6, 7, 8],
    });
    const given = await measured(zeroed);
    const { model, planned } = await applyChecked(
      pruneChannels,
      zeroed,
      { ...fine, ratio: 0.25, scope: 'layer' },
      given,
    );
    expect(planned.predicted.macs).toBeGreaterThan(0);
    expect([
      dimsOf(model, 'conv1.w'),
      dimsOf(model, 'conv2.w'),
      dimsOf(model, 'fc1.w'),
      dimsOf(model, 'fc2.w'),
    ]).toEqual([
      [12, 3, 3, 3],
      [18, 12, 3, 3],
      [24, 72],
      [10, 24],
    ]);
    await expectSameFunction(zeroed, model, { ...given, tolerance: 1e-5 });
    const other = await applyChecked(
      pruneChannels,
      whole,
      { ...fine, ratio: 0.25, scope: 'layer' },
      given.shapes ? await measured(whole) : {},
    );
    await expectOtherFunction(whole, other.model, { ...given, tolerance: 1e-5 });
  });

  test('depthwise blocks with a shortcut: only the inside of a block shrinks', async () => {
    const channels = Array.from({ length: 8 }, (_, i) => i * 4 + 1);
    const wide = Array.from({ length: 12 }, (_, i) => i * 4);
    const zeroed = zeroChannels(invertedBottlenecks(), {
      'a.expand.w': channels,
      'a.expand.b': channels,
      'a.depth.b': channels,
      'b.expand.w': wide,
      'b.expand.b': wide,
      'b.depth.b': wide,
      'stem.w': [0, 7],
      'stem.b': [0, 7],
    });
    const given = await measured(zeroed);
    const { model, planned } = await applyChecked(
      pruneChannels,
      zeroed,
      { ...fine, ratio: 0.25, scope: 'layer' },
      given,
    );
    expect(dimsOf(model, 'a.depth.w')).toEqual([24, 1, 3, 3]);
    expect(dimsOf(model, 'b.depth.w')).toEqual([36, 1, 3, 3]);
    expect(dimsOf(model, 'b.project.w')).toEqual([16, 36, 1, 1]);
    expect(planned.skipped.map(({ name, reason }) => `${name}: ${reason}`)).toEqual([
      'a.project: its output is joined with another branch by Add',
      'b.project: its output is joined with another branch by Add',
      'head: its output is an output of the model',
    ]);
    await expectSameFunction(zeroed, model, { ...given, tolerance: 1e-5 });
  });

  test.each<[string, (b: TinyBuilder, x: Value) => Value]>([
    ['SiLU written as x · sigmoid(x)', (b, x) => b.op('Mul', [x, b.op('Sigmoid', [x])])],
    ['a slope per channel', (b, x) => b.op('PRelu', [x, b.weight('slope', [8, 1, 1])])],
    [
      'constants per channel and single ones',
      (b, x) =>
        b.op('Mul', [
          b.op('Add', [
            b.op('Mul', [x, b.weight('scale', [1, 8, 1, 1])]),
            b.weight('shift', [8, 1, 1]),
          ]),
          b.weight('one', [1]),
        ]),
    ],
    [
      'instance norm',
      (b, x) => b.op('InstanceNormalization', [x, b.weight('is', [8]), b.weight('ib', [8])]),
    ],
    [
      'padding of the image',
      (b, x) => b.op('Pad', [x, b.integers('pads', [0, 0, 1, 1, 0, 0, 1, 1])]),
    ],
    [
      'resizing by scale',
      (b, x) =>
        b.op(
          'Resize',
          [x, undefined, b.e.addConstant('scales', float32Tensor([4], [1, 1, 2, 2]))],
          {},
        ),
    ],
    [
      'resizing to a size',
      (b, x) => b.op('Resize', [x, undefined, undefined, b.integers('sizes', [2, 8, 9, 9])]),
    ],
    [
      'channels last and back',
      (b, x) =>
        b.op(
          'Transpose',
          [b.op('Relu', [b.op('Transpose', [x], { perm: intsAttribute([0, 2, 3, 1]) })])],
          { perm: intsAttribute([0, 3, 1, 2]) },
        ),
    ],
    ['a mean over the image', (b, x) => b.op('ReduceMean', [x], { axes: intsAttribute([2, 3]) })],
    [
      'transposed convolution',
      (b, x) => b.op('ConvTranspose', [x, b.weight('up.w', [8, 5, 3, 3])]),
    ],
    [
      'depthwise transposed convolution',
      (b, x) =>
        b.op('ConvTranspose', [x, b.weight('up', [8, 1, 3, 3])], { group: intAttribute(8) }),
    ],
    ['depthwise with a multiplier', (b, x) => b.depthwise(x, 'depth', 8, 2)],
    [
      'flattening, channels last',
      (b, x) => {
        const last = b.op('Transpose', [x], { perm: intsAttribute([0, 2, 3, 1]) });
        return b.gemm(b.op('Reshape', [last, b.integers('flat', [0, 8 * 36])]), 'fc', 8 * 36, 4);
      },
    ],
    [
      'a batch size read from the shape',
      (b, x) => {
        const batch = b.op(
          'Gather',
          [b.op('Shape', [x]), b.e.addConstant('zero', int64Tensor([], [0]))],
          { axis: intAttribute(0) },
        );
        const target = b.op(
          'Concat',
          [b.op('Unsqueeze', [batch, b.integers('axes', [0])]), b.integers('rest', [-1])],
          { axis: intAttribute(0) },
        );
        return b.gemm(b.op('Reshape', [x, target]), 'fc', 8 * 36, 4);
      },
    ],
    [
      'a matrix product after pooling',
      (b, x) => {
        const flat = b.op('Squeeze', [b.op('GlobalAveragePool', [x]), b.integers('hw', [2, 3])]);
        return b.op('Add', [
          b.op('MatMul', [flat, b.weight('fc.w', [8, 4])]),
          b.weight('fc.b', [4]),
        ]);
      },
    ],
  ])('%s', async (_, middle) => {
    const build = (b: TinyBuilder): void => {
      const x = b.conv(b.input([2, 3, 6, 6]), 'first', 3, 8);
      const y = middle(b, b.op('HardSwish', [x]));
      b.output(consumes(y) ? y : b.op('Conv', [y, b.weight('last.w', [4, channelsOf(y), 1, 1])]));
    };
    // Channels 1 and 6 give exactly zero whatever the input is: filter and bias are zero, and so are the parameters met on the way.
    const made = tinyModel(build);
    const names = ['first.w', 'first.b', 'slope', 'is', 'ib', 'shift', 'depth.b'].filter((name) =>
      dimsOf(made, name),
    );
    const zeroed = zeroChannels(
      made,
      Object.fromEntries(names.map((name) => [name, name === 'depth.b' ? [2, 3, 12, 13] : [1, 6]])),
    );
    const given = await measured(zeroed);
    const { model } = await applyChecked(
      pruneChannels,
      zeroed,
      { ...fine, ratio: 0.25, scope: 'layer', keep: ['last', 'depth'] },
      given,
    );
    expect(dimsOf(model, 'first.w')).toEqual([6, 3, 3, 3]);
    await expectSameFunction(zeroed, model, { ...given, tolerance: 1e-5 });
  });
});

/** The middle ends in a layer of its own already. */
const consumes = ({ producer }: Value): boolean =>
  producer !== undefined &&
  producer.inputs.some((input) => ['fc.w', 'fc.b', 'up.w'].includes(input?.name ?? ''));

const channelsOf = (value: Value): number => (value.producer?.name === 'depth' ? 16 : 8);

describe('predictions', () => {
  test.each([
    ['global', 'l2', 0.3],
    ['global', 'l1', 0.7],
    ['layer', 'l2', 0.5],
  ] as const)(
    '%s %s %f: parameters, non-zeros, bytes and MACs are exact, also with zeros in the weights',
    async (scope, criterion, ratio) => {
      for (const whole of [plainChain(), invertedBottlenecks()]) {
        const dotted = edit(whole, (e) => {
          for (const value of whole.graph.constants) {
            if (!value.name.endsWith('.w') || value.constant === undefined) continue;
            const values = Float32Array.from(tensorElements(value.constant) ?? [], (w, i) =>
              i % 3 === 1 ? 0 : w,
            );
            e.setConstant(value, float32Tensor(value.constant.dims, values));
          }
        });
        for (const model of [whole, dotted]) {
          const given = await measured(model);
          const { planned } = await applyChecked(
            pruneChannels,
            model,
            { scope, criterion, ratio },
            given,
          );
          expect(planned.predicted).toEqual({
            params: expect.any(Number),
            nonzeroParams: expect.any(Number),
            weightBytes: expect.any(Number),
            macs: expect.any(Number),
          });
          expect(planned.predicted.params).toBeLessThan(countParameters(model).total);
        }
      }
    },
  );

  test('ratio 0 gives the same model', async () => {
    const model = plainChain();
    const { model: same } = await applyChecked(
      pruneChannels,
      model,
      { ratio: 0 },
      await measured(model),
    );
    expect(same).toBe(model);
  });

  test('same bytes for the same input', async () => {
    const given = await measured(plainChain());
    const bytes = await Promise.all(
      [0, 1].map(async () => {
        const model = plainChain();
        return writeBytes(
          (await applyChecked(pruneChannels, model, { ratio: 0.5 }, await measured(model))).model,
        );
      }),
    );
    expect(given.shapes).toBeDefined();
    expect(bytes[1]).toEqual(bytes[0]);
  });

  test('a norm scores the same as when it is folded into the convolution', async () => {
    const build = (folded: boolean): Model =>
      tinyModel((b) => {
        const x = b.conv(b.input(['N', 3, 6, 6]), 'first', 3, 8, { bias: false });
        const y = b.batchNorm(x, 'bn', 8);
        b.output(b.op('Conv', [b.op('Relu', [folded ? x : y]), b.weight('last.w', [4, 8, 1, 1])]));
      });
    const kept = build(false);
    const numbers = (model: Model, name: string): Float32Array =>
      Float32Array.from(
        tensorElements(
          model.graph.constants.find((value) => value.name === name)?.constant as Tensor,
        ) ?? [],
      );
    const scale = numbers(kept, 'bn.g').map(
      (g, i) => g / Math.sqrt((numbers(kept, 'bn.v')[i] as number) + 1e-5),
    );
    const source = build(true);
    const folded = edit(source, (e) => {
      const value = source.graph.constants.find(({ name }) => name === 'first.w') as Value;
      e.setConstant(
        value,
        float32Tensor(
          [8, 3, 3, 3],
          numbers(source, 'first.w').map((w, i) => w * (scale[Math.floor(i / 27)] as number)),
        ),
      );
    });
    const choices = [];
    for (const model of [kept, folded]) {
      const { plan } = planOf(pruneChannels, model, { ...fine, ratio: 0.5 }, await measured(model));
      choices.push(Array.from(plan.cuts[0]?.keep ?? []));
    }
    expect(choices[0]).toEqual(choices[1]);
    const { plan } = planOf(pruneChannels, source, { ...fine, ratio: 0.5 }, await measured(source));
    expect(Array.from(plan.cuts[0]?.keep ?? [])).not.toEqual(choices[0]);
  });
});

describe('refuses', () => {
  const refusal = (model: Model, options: Partial<PruneChannelsOptions> = {}): string =>
    refusalOf(pruneChannels, model, { ...fine, ...options }).detail;

  const between = (middle: (b: TinyBuilder, x: Value) => Value, opset = 17): Model =>
    tinyModel((b) => b.output(middle(b, b.conv(b.input([2, 3, 6, 6]), 'first', 3, 8))), opset);
  const last = (b: TinyBuilder, x: Value): Value =>
    b.op('Conv', [x, b.weight('last.w', [4, 8, 1, 1])]);

  test.each<[string, Model]>([
    ['its output is an output of the model', between((b, x) => b.op('Relu', [x]))],
    [
      'its output is joined with another branch by Add',
      between((b, x) => last(b, b.op('Add', [x, b.conv(x, 'second', 8, 8)]))),
    ],
    [
      'Concat cannot pass its channels on one by one',
      between((b, x) => b.op('Concat', [x, x], { axis: intAttribute(1) })),
    ],
    [
      'Softmax cannot pass its channels on one by one',
      between((b, x) => last(b, b.op('Softmax', [x], { axis: intAttribute(1) }))),
    ],
    [
      'Pad pads the channels',
      between((b, x) => b.op('Pad', [x, b.integers('p', [0, 1, 0, 0, 0, 0, 0, 0])])),
    ],
    [
      'Reshape mixes its channels with another axis',
      between((b, x) => b.op('Reshape', [x, b.integers('s', [2, 4, 72])])),
    ],
    [
      'ReduceMean reduces over its channels',
      between((b, x) => b.op('ReduceMean', [x], { axes: intsAttribute([1]) })),
    ],
    [
      'Conv is a grouped convolution',
      between((b, x) =>
        b.op('Conv', [x, b.weight('g.w', [8, 4, 1, 1])], { group: intAttribute(2) }),
      ),
    ],
    [
      'the weight of Conv is computed, not stored',
      between((b, x) => b.op('Conv', [x, b.op('Relu', [b.weight('g.w', [4, 8, 1, 1])])])),
    ],
    [
      'MatMul reads its output otherwise than as rows of features',
      between((b, x) => b.op('MatMul', [x, b.weight('m', [6, 4])])),
    ],
    [
      'the number of its channels is read by Mul',
      between((b, x) => {
        const count = b.op('Mul', [b.op('Shape', [x]), b.integers('two', [1, 1, 1, 1])]);
        return last(b, b.op('Resize', [x, undefined, undefined, count]));
      }),
    ],
    [
      'the second output of MaxPool is read',
      tinyModel((b) => {
        const x = b.conv(b.input([2, 3, 6, 6]), 'first', 3, 8);
        const pool = b.e.addNode('MaxPool', [x], {
          outputs: ['pooled', 'indices'],
          attributes: { kernel_shape: intsAttribute([2, 2]) },
        });
        b.output(b.op('Conv', [pool.outputs[0], b.weight('last.w', [4, 8, 1, 1])]));
        b.output(b.op('Cast', [pool.outputs[1]], { to: intAttribute(1) }));
      }),
    ],
  ])('%s', async (reason, model) => {
    const given = await measured(model);
    expect(refusalOf(pruneChannels, model, fine, given).detail).toMatch(
      `no layer's channels can be cut: ${reason} (`,
    );
  });

  test('shared weights, overridable weights, grouped layers, kept ones', async () => {
    const shared = tinyModel((b) => {
      const w = b.weight('w', [8, 8, 1, 1]);
      b.output(last(b, b.op('Conv', [b.op('Conv', [b.input([1, 8, 4, 4]), w]), w])));
    });
    expect(refusal(shared)).toContain('its weight is shared with another operator');
    const grouped = tinyModel((b) =>
      b.output(
        last(
          b,
          b.op('Conv', [b.input([1, 8, 4, 4]), b.weight('w', [8, 4, 1, 1])], {
            group: intAttribute(2),
          }),
        ),
      ),
    );
    expect(refusal(grouped)).toContain('it is a grouped convolution');
    const listed = between(last);
    (listed.graph.inputs as Value[]).push(
      listed.graph.constants.find(({ name }) => name === 'first.w') as Value,
    );
    expect(refusal(listed)).toContain('its weight is a graph input that the caller may override');
    expect(refusal(between(last), { keep: ['first'] })).toContain('kept as asked');
  });

  test('a shape that is not known stops only what needs it', async () => {
    const model = tinyModel((b) => {
      const x = b.conv(b.input(['N', 3, 6, 6]), 'first', 3, 8);
      const y = b.op('Relu', [
        b.op('Conv', [b.op('Relu', [x]), b.weight('second.w', [8, 8, 1, 1])]),
      ]);
      b.output(b.gemm(b.op('Flatten', [y]), 'fc', 8 * 36, 4));
    });
    const planned = planOf(pruneChannels, model, { ratio: 0.5, scope: 'layer' });
    expect(planned.predicted.macs).toBeUndefined();
    expect(planned.plan.cuts.length).toBe(1);
    expect(planned.skipped.map(({ reason }) => reason)).toContain(
      'the shape of Relu_out_1 is not known',
    );
  });
});

test('notes in the file about shapes that change are dropped', async () => {
  const source = tinyModel((b) => {
    const x = b.conv(b.input(['N', 3, 6, 6]), 'first', 3, 8);
    const y = b.op('LeakyRelu', [x], { alpha: floatAttribute(0.1) });
    b.e.setType(y, { kind: 'tensor', dtype: 'float32', dims: ['N', 8, 6, 6] });
    (b.e.model.graph.annotated as Value[]).push(y);
    b.output(b.op('Conv', [y, b.weight('last.w', [4, 8, 1, 1])]));
  });
  expect(source.graph.annotated.length).toBe(1);
  const given = await measured(source);
  const { model } = await applyChecked(pruneChannels, source, { ratio: 0.5 }, given);
  expect(model.graph.annotated).toEqual([]);
});

describe('planned on the preview of an earlier step', () => {
  const previewOf = async (): Promise<{ preview: Model; given: Given }> => {
    const model = plainChain();
    const given = await measured(model);
    const planned = planOf(pruneChannels, model, { ratio: 0.3, scope: 'layer' }, given);
    const [preview, shapes] = [planned.preview?.(), planned.previewShapes?.()];
    if (preview === undefined || shapes === undefined) throw new Error('no preview');
    return { preview, given: { shapes } };
  };

  test('per layer the figures are those of the real thing', async () => {
    const { preview, given } = await previewOf();
    const second = { ratio: 0.3, scope: 'layer' } as const;
    const { predicted } = planOf(pruneChannels, preview, second, given);
    const whole = plainChain();
    const first = await applyChecked(
      pruneChannels,
      whole,
      { ratio: 0.3, scope: 'layer' },
      await measured(whole),
    );
    const real = planOf(pruneChannels, first.model, second, await measured(first.model)).predicted;
    expect([predicted.params, predicted.macs, predicted.weightBytes]).toEqual([
      real.params,
      real.macs,
      real.weightBytes,
    ]);
  });

  test('globally the numbers decide, and nothing is predicted without them', async () => {
    const { preview, given } = await previewOf();
    const planned = planOf(pruneChannels, preview, { ratio: 0.3, scope: 'global' }, given);
    expect(planned.predicted).toEqual({});
    expect(planned.preview).toBeUndefined();
  });
});
