import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createNodeRuntime } from '../../cli/node-runtime.ts';
import { createRng } from '../core/index.ts';
import {
  buildModel,
  floatAttribute,
  intAttribute,
  type Attribute,
  type Model,
  type ModelEdit,
  type Value,
} from '../graph/index.ts';
import {
  expectOtherFunction,
  expectSameFunction,
} from '../methods/testing/expect-same-function.ts';
import { syntheticInputs, type Feeds, type Runtime, type RuntimeTensor } from '../runtime/index.ts';
import { float32Tensor } from '../tensor/index.ts';
import { unfuseAttention } from './unfuse-attention.ts';

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createNodeRuntime('wasm', 1);
});
afterAll(() => runtime.dispose());

type Dims = readonly number[];
const [batch, length, hidden, heads] = [2, 5, 8, 2];

const weight = (e: ModelEdit, name: string, dims: Dims): Value => {
  const rng = createRng(name.length + dims.length).fork(name);
  const count = dims.reduce((product, size) => product * size, 1);
  const values = Float32Array.from({ length: count }, () => rng.normal() * 0.5);
  return e.addConstant(name, float32Tensor(dims, values));
};
const floats = (e: ModelEdit, name: string, dims: Dims): Value =>
  e.addInput(name, { kind: 'tensor', dtype: 'float32', dims });
const int32s = (e: ModelEdit, name: string, dims: Dims): Value =>
  e.addInput(name, { kind: 'tensor', dtype: 'int32', dims });

const fused = (
  opType: string,
  inputs: (e: ModelEdit) => readonly (Value | undefined)[],
  attributes: Record<string, Attribute> = {},
  { outputs = 1, read = outputs }: { outputs?: number; read?: number } = {},
): Model =>
  buildModel(18, (e) => {
    e.setOpset('com.microsoft', 1);
    const made = e.addNode(opType, inputs(e), { domain: 'com.microsoft', attributes, outputs });
    for (const output of made.outputs.slice(0, read)) e.addOutput(output as Value);
  });

const numHeads = { num_heads: intAttribute(heads) };
const projected = (e: ModelEdit): Value[] => [
  floats(e, 'x', [batch, length, hidden]),
  weight(e, 'w', [hidden, 3 * hidden]),
  weight(e, 'b', [3 * hidden]),
];
const apart = (e: ModelEdit): Value[] =>
  ['q', 'key', 'value'].map((name) => floats(e, name, [batch, length, hidden]));
const bias = (e: ModelEdit): Value => weight(e, 'scores', [1, heads, length, length]);

const int32 = (dims: Dims, values: readonly number[]): RuntimeTensor => ({
  dtype: 'int32',
  dims,
  data: new Uint8Array(Int32Array.from(values).buffer),
});
const masks: Feeds = {
  mask: int32([batch, length], [1, 1, 1, 0, 0, 1, 1, 1, 1, 0]),
  lengths: int32([batch], [3, 4]),
  ids: int32([batch, length], [0, 3, 2, 1, 5, 5, 4, 3, 0, 1]),
  segments: int32([batch, length], [0, 0, 0, 1, 1, 0, 0, 1, 1, 1]),
};

const tables = (e: ModelEdit, segments: boolean): (Value | undefined)[] => [
  int32s(e, 'ids', [batch, length]),
  segments ? int32s(e, 'segments', [batch, length]) : undefined,
  weight(e, 'words', [6, hidden]),
  weight(e, 'positions', [7, hidden]),
  segments ? weight(e, 'kinds', [2, hidden]) : undefined,
  weight(e, 'gamma', [hidden]),
  weight(e, 'beta', [hidden]),
];

const models: Readonly<Record<string, Model>> = {
  attention: fused('Attention', projected, numHeads),
  'attention, positions masked': fused(
    'Attention',
    (e) => [...projected(e), int32s(e, 'mask', [batch, length])],
    numHeads,
  ),
  'attention by lengths': fused(
    'Attention',
    (e) => [...projected(e), int32s(e, 'lengths', [batch])],
    numHeads,
  ),
  'causal attention with a scale': fused('Attention', projected, {
    ...numHeads,
    unidirectional: intAttribute(1),
    scale: floatAttribute(0.2),
  }),
  'attention with biased scores': fused(
    'Attention',
    (e) => [...projected(e), undefined, undefined, bias(e)],
    numHeads,
  ),
  'heads of three inputs': fused('MultiHeadAttention', apart, numHeads),
  'heads of three biased inputs': fused(
    'MultiHeadAttention',
    (e) => [...apart(e), weight(e, 'b', [3 * hidden]), undefined, bias(e)],
    numHeads,
  ),
  embedding: fused(
    'EmbedLayerNormalization',
    (e) => tables(e, true),
    { epsilon: floatAttribute(1e-3) },
    { outputs: 2, read: 1 },
  ),
  'embedding without segments': fused(
    'EmbedLayerNormalization',
    (e) => tables(e, false),
    {},
    { outputs: 2, read: 1 },
  ),
};

const feedsOf = (model: Model): Feeds => {
  const made = syntheticInputs(model, createRng(3));
  return Object.fromEntries(
    Object.entries(made).map(([name, tensor]) => [name, masks[name] ?? tensor]),
  );
};

describe('writing fused attention out', () => {
  test.each(Object.entries(models))('%s is the same function', async (_name, model) => {
    const plain = unfuseAttention(model);
    expect(plain.graph.nodes.every(({ domain }) => domain === '')).toBe(true);
    const names = ({ graph }: Model) => graph.outputs.map(({ name }) => name);
    expect(names(plain)).toEqual(names(model));
    const options = { runtime, feeds: feedsOf(model), tolerance: 1e-4 };
    await expectSameFunction(model, plain, options);
  });

  test('a mask makes a difference', async () => {
    const other = fused('Attention', (e) => [...projected(e), int32s(e, 'mask', [batch, length])], {
      ...numHeads,
      mask_filter_value: floatAttribute(-1),
    });
    const model = models['attention, positions masked'] as Model;
    const options = { runtime, feeds: feedsOf(model), tolerance: 1e-4 };
    await expectOtherFunction(model, unfuseAttention(other), options);
  });

  test('keeps the lengths that an embedding counts, and reads them', async () => {
    const model = buildModel(18, (e) => {
      e.setOpset('com.microsoft', 1);
      const given = [...tables(e, true), int32s(e, 'mask', [batch, length])];
      const domain = 'com.microsoft';
      const attributes = { mask_index_type: intAttribute(1) };
      const embedded = e.addNode('EmbedLayerNormalization', given, {
        domain,
        attributes,
        outputs: 2,
      });
      const [x, lengths] = embedded.outputs;
      const inputs = [
        x,
        weight(e, 'w', [hidden, 3 * hidden]),
        weight(e, 'b', [3 * hidden]),
        lengths,
      ];
      const attention = e.addNode('Attention', inputs, {
        domain,
        attributes: numHeads,
        outputs: 1,
      });
      e.addOutput(attention.outputs[0] as Value);
    });
    const plain = unfuseAttention(model);
    expect(plain.graph.nodes.map(({ opType }) => opType)).not.toContain('Attention');
    const feeds = {
      ...feedsOf(model),
      mask: int32([batch, length], [1, 1, 1, 0, 0, 1, 1, 1, 1, 0]),
    };
    await expectSameFunction(model, plain, { runtime, feeds, tolerance: 1e-4 });
  });

  test('leaves alone what it has no form for', () => {
    const rotated = fused('Attention', projected, { ...numHeads, do_rotary: intAttribute(1) });
    const present = fused('Attention', projected, numHeads, { outputs: 2 });
    for (const model of [rotated, present]) expect(unfuseAttention(model)).toBe(model);
  });
});
