import { createRng, type Rng } from '../../core/index.ts';
import {
  buildModel,
  floatAttribute,
  intAttribute,
  intsAttribute,
  type Model,
  type ModelEdit,
  type Value,
} from '../../graph/index.ts';
import { elementCount, float32Tensor, int64Tensor } from '../../tensor/index.ts';

/** Small seeded networks with one layer after another, for tests of methods: built as a person would write them. */
export interface TinyBuilder {
  readonly e: ModelEdit;
  input(dims: readonly (number | string)[], name?: string): Value;
  output(value: Value): void;
  weight(name: string, dims: readonly number[], scale?: number): Value;
  integers(name: string, values: readonly number[]): Value;
  conv(x: Value, name: string, from: number, to: number, options?: ConvOptions): Value;
  depthwise(x: Value, name: string, channels: number, multiplier?: number): Value;
  batchNorm(x: Value, name: string, channels: number): Value;
  gemm(x: Value, name: string, from: number, to: number): Value;
  op(
    opType: string,
    inputs: readonly (Value | undefined)[],
    attributes?: Parameters<ModelEdit['op']>[2],
  ): Value;
}

interface ConvOptions {
  readonly kernel?: number;
  readonly stride?: number;
  readonly bias?: boolean;
}

export function tinyModel(build: (b: TinyBuilder) => void, opset = 17, seed = 5): Model {
  return buildModel(opset, (e) => build(builder(e, createRng(seed))));
}

function builder(e: ModelEdit, rng: Rng): TinyBuilder {
  const op: TinyBuilder['op'] = (opType, inputs, attributes) => e.op(opType, inputs, attributes);
  const weight = (name: string, dims: readonly number[], scale = 0.3): Value =>
    e.addConstant(
      name,
      float32Tensor(
        dims,
        Float32Array.from({ length: elementCount(dims) }, () => rng.normal() * scale),
      ),
    );
  const positive = (name: string, count: number): Value =>
    e.addConstant(
      name,
      float32Tensor(
        [count],
        Float32Array.from({ length: count }, () => 0.5 + rng.next()),
      ),
    );
  const named = (
    opType: string,
    name: string,
    inputs: readonly Value[],
    attributes: NonNullable<Parameters<ModelEdit['op']>[2]>,
  ): Value => e.addNode(opType, inputs, { name, attributes }).outputs[0] as Value;
  return {
    e,
    op,
    weight,
    input: (dims, name = 'x') => e.addInput(name, { kind: 'tensor', dtype: 'float32', dims }),
    output: (value) => e.addOutput(value),
    integers: (name, values) => e.addConstant(name, int64Tensor([values.length], values)),
    conv: (x, name, from, to, { kernel = 3, stride = 1, bias = true } = {}) =>
      named(
        'Conv',
        name,
        [
          x,
          weight(`${name}.w`, [to, from, kernel, kernel]),
          ...(bias ? [weight(`${name}.b`, [to])] : []),
        ],
        convAttributes(kernel, stride, 1),
      ),
    depthwise: (x, name, channels, multiplier = 1) =>
      named(
        'Conv',
        name,
        [
          x,
          weight(`${name}.w`, [channels * multiplier, 1, 3, 3]),
          weight(`${name}.b`, [channels * multiplier]),
        ],
        convAttributes(3, 1, channels),
      ),
    batchNorm: (x, name, channels) =>
      named(
        'BatchNormalization',
        name,
        [
          x,
          positive(`${name}.g`, channels),
          weight(`${name}.b`, [channels]),
          weight(`${name}.m`, [channels]),
          positive(`${name}.v`, channels),
        ],
        { epsilon: floatAttribute(1e-5) },
      ),
    gemm: (x, name, from, to) =>
      named('Gemm', name, [x, weight(`${name}.w`, [to, from]), weight(`${name}.b`, [to])], {
        transB: intAttribute(1),
      }),
  };
}

const convAttributes = (
  kernel: number,
  stride: number,
  group: number,
): NonNullable<Parameters<ModelEdit['op']>[2]> => ({
  kernel_shape: intsAttribute([kernel, kernel]),
  strides: intsAttribute([stride, stride]),
  pads: intsAttribute(Array.from({ length: 4 }, () => (kernel - 1) / 2)),
  group: intAttribute(group),
});

/** Conv → BatchNorm → Relu → Conv → Relu → pool → Flatten → Gemm → Relu → Gemm. */
export const plainChain = (): Model =>
  tinyModel((b) => {
    let x = b.input(['N', 3, 8, 8]);
    x = b.op('Relu', [b.batchNorm(b.conv(x, 'conv1', 3, 16, { bias: false }), 'bn1', 16)]);
    x = b.op('Relu', [b.conv(x, 'conv2', 16, 24, { stride: 2 })]);
    x = b.op('MaxPool', [x], {
      kernel_shape: intsAttribute([2, 2]),
      strides: intsAttribute([2, 2]),
    });
    x = b.op('Flatten', [x], { axis: intAttribute(1) });
    x = b.op('Relu', [b.gemm(x, 'fc1', 96, 32)]);
    b.output(b.gemm(x, 'fc2', 32, 10));
  });

/** Expand 1×1 → depthwise 3×3 → project 1×1, with Clip between, as in MobileNetV2, with a shortcut around the second block. */
export const invertedBottlenecks = (): Model =>
  tinyModel((b) => {
    const low = b.e.addConstant('low', float32Tensor([], [0]));
    const six = b.e.addConstant('six', float32Tensor([], [6]));
    const clip = (x: Value): Value => b.op('Clip', [x, low, six]);
    const block = (x: Value, name: string, from: number, wide: number, to: number): Value => {
      const expanded = clip(b.conv(x, `${name}.expand`, from, wide, { kernel: 1 }));
      return b.conv(
        clip(b.depthwise(expanded, `${name}.depth`, wide)),
        `${name}.project`,
        wide,
        to,
        { kernel: 1 },
      );
    };
    const x = clip(b.conv(b.input(['N', 3, 8, 8]), 'stem', 3, 8));
    const first = block(x, 'a', 8, 32, 16);
    const second = b.op('Add', [first, block(first, 'b', 16, 48, 16)]);
    const pooled = b.op('Flatten', [b.op('GlobalAveragePool', [second])], {
      axis: intAttribute(1),
    });
    b.output(b.gemm(pooled, 'head', 16, 10));
  });
