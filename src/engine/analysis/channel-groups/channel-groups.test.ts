import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createNodeRuntime } from '../../../cli/node-runtime.ts';
import { createRng, quietTask } from '../../core/index.ts';
import { edit, intAttribute, intsAttribute, type Model, type Value } from '../../graph/index.ts';
import { architectures } from '../../methods/testing/architectures.ts';
import { tinyModel } from '../../methods/testing/tiny-models.ts';
import { measureShapes, syntheticInputs, type Runtime } from '../../runtime/index.ts';
import { int64Tensor } from '../../tensor/index.ts';
import { channelGroups, slicePositions, type ChannelGroup, type ChannelGroups } from './index.ts';

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createNodeRuntime('wasm', 1);
});
afterAll(() => runtime.dispose());

const measured = (model: Model) =>
  measureShapes(model, runtime, syntheticInputs(model, createRng(3)), quietTask);

const groupsOf = async (model: Model): Promise<ChannelGroups> =>
  channelGroups(model, await measured(model));

const named = (name: string): Model =>
  (architectures.find(([title]) => title === name) as (typeof architectures)[number])[1]();

/** `size: tensor:axis …` */
const spelled = ({ size, slices }: ChannelGroup): string =>
  `${size}: ${slices.map(({ stored, axis }) => `${stored.value.name}:${axis}`).join(' ')}`;

describe('what is cut together', () => {
  test('a sum couples the layers on both sides of it', async () => {
    const { groups } = await groupsOf(named('inverted bottleneck with squeeze-and-excite'));
    expect(groups.map(spelled)).toEqual([
      '8: stem.w:0 stem.b:0 expand.w:1 project.w:0 project.b:0 head.w:1',
      '16: expand.w:0 expand.b:0 deep.w:0 deep.b:0 squeeze.w:1 excite.w:0 excite.b:0 project.w:1',
      '4: squeeze.w:0 squeeze.b:0 excite.w:1',
    ]);
  });

  test('a concatenation keeps its parts apart', async () => {
    const { groups } = await groupsOf(named('U-Net with transposed convolution'));
    const merged = groups.filter(({ slices }) =>
      slices.some(({ stored, axis }) => stored.value.name === 'merge.w' && axis === 1),
    );
    expect(merged.map(({ size }) => size)).toEqual([8, 12, 10]);
    const [, low] = merged as [ChannelGroup, ChannelGroup, ChannelGroup];
    const slice = low.slices.find(({ stored }) => stored.value.name === 'merge.w');
    // 8 of the first map, 10 of the transposed convolution, then the enlarged ones.
    expect([...slicePositions(low, slice as (typeof low.slices)[number], 0)]).toEqual([18]);
  });

  test('a shuffle couples the channels that it interleaves', async () => {
    const { groups } = await groupsOf(named('channel shuffle'));
    expect(groups.map(spelled)).toContain('8: stem.w:0 stem.b:0 r2.w:0 r2.b:0 last.w:1');
  });

  test('a head is a block of columns in query, key, value and rows of what follows', async () => {
    const { groups } = await groupsOf(named('decoder of GPT'));
    const heads = groups[1] as ChannelGroup;
    expect(spelled(heads)).toBe('4: h.0.qkv.weight:1 h.0.qkv.bias:0 h.0.out.weight:0');
    expect([...slicePositions(heads, heads.slices[0] as (typeof heads.slices)[number], 1)]).toEqual(
      [4, 5, 6, 7, 20, 21, 22, 23, 36, 37, 38, 39],
    );
    expect(groups.filter(({ within }) => within === heads).map(({ size }) => size)).toEqual([4, 4]);
  });

  test('groups of a convolution lose whole groups, and queries share the heads of their keys', async () => {
    const grouped = await groupsOf(named('grouped convolution'));
    expect(grouped.groups.map(({ size, within }) => [size, within?.id])).toEqual([
      [4, undefined],
      [3, 0],
      [4, 0],
      [8, undefined],
    ]);
    const shared = await groupsOf(named('grouped-query attention'));
    expect(shared.groups.map(spelled)).toContain(
      '2: q.weight:1 q.bias:0 k.weight:1 k.bias:0 v.weight:1 v.bias:0 out.weight:0',
    );
  });

  test('a normalization over the channels is said to notice', async () => {
    const { groups } = await groupsOf(named('encoder of BERT'));
    expect(groups.filter(({ mixedBy }) => mixedBy !== undefined).map(({ size }) => size)).toEqual([
      16,
    ]);
  });

  test('one stored vector of two layers does not couple them', async () => {
    const { groups } = await groupsOf(named('shared biases'));
    expect(groups.map(spelled)).toEqual(['8: a:0 bias:0 b:1', '8: b:0 bias:0 head.w:1']);
  });

  test('producers and consumers are the layers around the channels', async () => {
    const { groups } = await groupsOf(named('flatten to a linear layer'));
    const [first] = groups as [ChannelGroup];
    expect(first.producers.map(({ name }) => name)).toEqual(['stem']);
    expect(first.consumers.map(({ name }) => name)).toEqual(['fc1']);
  });
});

describe('what is kept whole, and why', () => {
  /** A layer of 8 channels whose output goes through `between` before the head sums over it. */
  const through = (
    between: (b: Parameters<Parameters<typeof tinyModel>[0]>[0], x: Value) => Value,
  ) =>
    tinyModel((b) => {
      const x = between(b, b.op('Relu', [b.gemm(b.input(['batch', 6]), 'first', 6, 8)]));
      b.output(b.gemm(x, 'head', 8, 3));
    });

  const reasonFor = async (model: Model, layer: string): Promise<string | undefined> =>
    (await groupsOf(model)).keptWhole.find(({ node }) => node.name === layer)?.reason;

  test('outputs of the model', async () => {
    expect(
      await reasonFor(
        through((_, x) => x),
        'head',
      ),
    ).toBe('its output is an output of the model');
  });

  test('control: a plain way leaves nothing to say', async () => {
    const model = through((b, x) => b.op('Tanh', [x]));
    expect(await reasonFor(model, 'first')).toBeUndefined();
    expect((await groupsOf(model)).groups.map(spelled)).toEqual([
      '8: first.w:0 first.b:0 head.w:1',
    ]);
  });

  test.each<[string, Parameters<typeof through>[0], string]>([
    ['Softmax', (b, x) => b.op('Softmax', [x], { axis: intAttribute(1) }), 'weighs its channels'],
    ['CumSum', (b, x) => b.op('CumSum', [x, b.integers('axis', [1])]), 'goes along its channels'],
    [
      'TopK',
      (b, x) => b.e.addNode('TopK', [x, b.integers('k', [8])], { outputs: 2 }).outputs[0] as Value,
      'not known to pass',
    ],
    [
      'an order of its own',
      (b, x) =>
        b.op('Gather', [x, b.integers('order', [7, 6, 5, 4, 3, 2, 1, 0])], {
          axis: intAttribute(1),
        }),
      'looks up',
    ],
    [
      'computing with their number',
      (b, x) => {
        const size = b.op('Gather', [
          b.op('Shape', [x]),
          b.e.addConstant('one', int64Tensor([], [1])),
        ]);
        return b.op('Div', [x, b.op('Sqrt', [b.op('Cast', [size], { to: intAttribute(1) })])]);
      },
      'computes with their number',
    ],
    [
      'a regrouping without common parts',
      (b, x) => {
        const cut = b.op('Concat', [x, x, x], { axis: intAttribute(1) });
        const pairs = b.op('Reshape', [cut, b.integers('pairs', [-1, 4, 6])]);
        const turned = b.op('Transpose', [pairs], { perm: intsAttribute([0, 2, 1]) });
        const back = b.op('Reshape', [turned, b.integers('back', [-1, 8, 3])]);
        return b.op('ReduceSum', [back, b.integers('last', [2])], { keepdims: intAttribute(0) });
      },
      'mixes its channels',
    ],
  ])('%s', async (_, between, reason) => {
    expect(await reasonFor(through(between), 'first')).toContain(reason);
  });

  test('a weight that the caller may override', async () => {
    const model = edit(
      through((_, x) => x),
      (e) => {
        const weight = e.model.graph.constants.find(({ name }) => name === 'first.w') as Value;
        (e.model.graph.inputs as Value[]).push(weight);
      },
    );
    const { groups } = await groupsOf(model);
    expect(groups).toEqual([]);
  });

  test('a stored vector with several readers, which the caller may override', async () => {
    const model = edit(named('shared biases'), (e) => {
      const bias = e.model.graph.constants.find(({ name }) => name === 'bias') as Value;
      (e.model.graph.inputs as Value[]).push(bias);
    });
    const { groups } = await groupsOf(model);
    expect(groups).toEqual([]);
  });

  test('a value of which not even the rank is known does not pass for a number', async () => {
    const model = through((b, x) => b.op('Add', [x, b.op('Tanh', [x])]));
    const shapes = await measured(model);
    const hidden = model.graph.nodes
      .filter(({ opType }) => opType !== 'Gemm')
      .map(({ outputs }) => outputs[0]);
    const partial = new Map([...shapes].filter(([value]) => !hidden.includes(value)));
    const { groups, keptWhole } = channelGroups(model, partial);
    expect(groups).toEqual([]);
    expect(keptWhole[0]?.reason).toMatch(/shape of .* is not known/);
  });

  test('a cache that is empty at first still fixes the heads', async () => {
    const model = tinyModel((b) => {
      const x = b.gemm(b.input(['batch', 6]), 'first', 6, 8);
      const heads = b.op('Reshape', [x, b.integers('view', [-1, 4, 1, 2])]);
      const past = b.input(['batch', 4, 'past', 2], 'past');
      const all = b.op('Concat', [past, heads], { axis: intAttribute(2) });
      const sum = b.op('ReduceSum', [all, b.integers('axes', [2])], { keepdims: intAttribute(0) });
      const flat = b.op('Reshape', [sum, b.integers('flat', [-1, 8])]);
      b.output(b.gemm(flat, 'head', 8, 3));
    });
    const feeds = {
      x: { dtype: 'float32', dims: [1, 6], data: new Uint8Array(24) },
      past: { dtype: 'float32', dims: [1, 4, 0, 2], data: new Uint8Array(0) },
    } as const;
    const { groups, keptWhole } = channelGroups(
      model,
      await measureShapes(model, runtime, feeds, quietTask),
    );
    expect(groups).toEqual([]);
    expect(keptWhole[0]?.reason).toBe('it is an input of the model');
  });
});
