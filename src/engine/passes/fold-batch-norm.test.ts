import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNodeRuntime } from '../../cli/node-runtime.ts';
import { createRng } from '../core/index.ts';
import {
  type Attribute,
  buildModel,
  intAttribute,
  intsAttribute,
  type Model,
  type ModelEdit,
  type Value,
} from '../graph/index.ts';
import { writeBytes } from '../onnx/index.ts';
import type { Runtime } from '../runtime/index.ts';
import { elementCount, float32Tensor, type Tensor } from '../tensor/index.ts';
import { foldBatchNorm } from './fold-batch-norm.ts';

const rng = createRng(5);
const random = (dims: readonly number[]): Tensor =>
  float32Tensor(
    dims,
    Float32Array.from({ length: elementCount(dims) }, () => rng.normal()),
  );
const positive = (dims: readonly number[]): Tensor =>
  float32Tensor(
    dims,
    Float32Array.from({ length: elementCount(dims) }, () => 0.3 + rng.next()),
  );

interface Linear {
  readonly opType: string;
  readonly x: readonly number[];
  readonly weight: readonly number[];
  readonly channels: number;
  readonly bias: boolean;
  readonly attributes: Record<string, Attribute>;
}

function normalized(edit: ModelEdit, x: Value, channels: number): Value {
  return edit.op('BatchNormalization', [
    x,
    edit.addConstant('gamma', random([channels])),
    edit.addConstant('beta', random([channels])),
    edit.addConstant('mean', random([channels])),
    edit.addConstant('variance', positive([channels])),
  ]);
}

const linearThenNorm = (
  { opType, x, weight, channels, bias, attributes }: Linear,
  more: (edit: ModelEdit, between: Value, normalized: Value) => Value = (_edit, _between, y) => y,
): Model =>
  buildModel(18, (edit) => {
    const input = edit.addInput('x', { kind: 'tensor', dtype: 'float32', dims: x });
    const inputs = [input, edit.addConstant('w', random(weight))];
    if (bias) inputs.push(edit.addConstant('b', random([channels])));
    const between = edit.op(opType, inputs, attributes);
    edit.addOutput(more(edit, between, normalized(edit, between, channels)));
  });

const conv: Linear = {
  opType: 'Conv',
  x: [2, 4, 5, 5],
  weight: [6, 2, 3, 3],
  channels: 6,
  bias: false,
  attributes: { group: intAttribute(2), pads: intsAttribute([1, 1, 1, 1]) },
};

const foldableCases: Record<string, Linear> = {
  'Conv in groups': conv,
  'Conv with bias': { ...conv, bias: true },
  ConvTranspose: {
    opType: 'ConvTranspose',
    x: [2, 3, 4, 4],
    weight: [3, 5, 2, 2],
    channels: 5,
    bias: true,
    attributes: {},
  },
  Gemm: {
    opType: 'Gemm',
    x: [3, 4],
    weight: [4, 5],
    channels: 5,
    bias: false,
    attributes: {},
  },
  'Gemm transposed': {
    opType: 'Gemm',
    x: [3, 4],
    weight: [5, 4],
    channels: 5,
    bias: true,
    attributes: { transB: intAttribute(1) },
  },
};

const opTypes = (model: Model): string[] => model.graph.nodes.map((node) => node.opType);

describe('foldBatchNorm', () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await createNodeRuntime('wasm', 1);
  });
  afterAll(() => runtime.dispose());

  async function outputOf(model: Model, dims: readonly number[], seed = 3): Promise<Float32Array> {
    const source = createRng(seed);
    const values = Float32Array.from({ length: elementCount(dims) }, () => source.normal());
    const session = await runtime.create(
      { bytes: writeBytes(model) },
      { optimization: 'disabled' },
    );
    const data = new Uint8Array(values.buffer);
    const result = Object.values(await session.run({ x: { dtype: 'float32', dims, data } }))[0];
    await session.release();
    if (!(result?.data instanceof Uint8Array)) throw new Error('no output');
    return new Float32Array(result.data.slice().buffer);
  }

  it.each(Object.entries(foldableCases))('%s keeps the function', async (_name, linear) => {
    const model = linearThenNorm(linear);
    const folded = foldBatchNorm(model);
    expect(opTypes(folded)).toEqual([linear.opType]);
    expect(folded.graph.outputs[0]?.name).toBe(model.graph.outputs[0]?.name);
    const before = await outputOf(model, linear.x);
    const after = await outputOf(folded, linear.x);
    const scale = Math.max(...before.map(Math.abs));
    const worst = Math.max(...before.map((value, i) => Math.abs(value - (after[i] ?? Number.NaN))));
    expect(worst / scale).toBeLessThan(1e-6);
    // Negative control: the same comparison on another input sees a difference.
    const other = await outputOf(folded, linear.x, 4);
    expect(
      Math.max(...before.map((value, i) => Math.abs(value - (other[i] ?? 0)))) / scale,
    ).toBeGreaterThan(1e-2);
  });

  it('leaves the old model as it was', () => {
    const model = linearThenNorm(conv);
    const weight = model.graph.constants.find((value) => value.name === 'w')?.constant;
    foldBatchNorm(model);
    expect(opTypes(model)).toEqual(['Conv', 'BatchNormalization']);
    expect(model.graph.constants.find((value) => value.name === 'w')?.constant).toBe(weight);
  });

  const refusals: Record<string, Model> = {
    'something else reads the linear output': linearThenNorm(conv, (edit, between, y) =>
      edit.op('Add', [between, y]),
    ),
    'the linear output leaves the graph': linearThenNorm(conv, (edit, between, y) => {
      edit.addOutput(between);
      return y;
    }),
    'the weights are shared': linearThenNorm(conv, (edit, between, y) => {
      const again = edit.op('Conv', between.producer?.inputs ?? [], conv.attributes);
      return edit.op('Add', [again, y]);
    }),
    'the product is scaled': linearThenNorm({
      ...(foldableCases['Gemm'] as Linear),
      attributes: { alpha: { kind: 'float', value: 2 } },
    }),
    'it still trains': linearThenNorm(conv, (edit, _between, y) => {
      if (y.producer) edit.setAttribute(y.producer, 'training_mode', intAttribute(1));
      return y;
    }),
    'the operator before is not linear': buildModel(18, (edit) => {
      const input = edit.addInput('x', { kind: 'tensor', dtype: 'float32', dims: [2, 3, 4, 4] });
      edit.addOutput(normalized(edit, edit.op('Relu', [input]), 3));
    }),
    'the weights are given by the caller': buildModel(18, (edit) => {
      const input = edit.addInput('x', { kind: 'tensor', dtype: 'float32', dims: [2, 4, 5, 5] });
      const weight = edit.addInput('w', { kind: 'tensor', dtype: 'float32', dims: [6, 2, 3, 3] });
      edit.addOutput(normalized(edit, edit.op('Conv', [input, weight], conv.attributes), 6));
    }),
  };

  it.each(Object.entries(refusals))('refuses when %s', (_name, model) => {
    expect(foldBatchNorm(model)).toBe(model);
  });
});
