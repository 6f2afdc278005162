import type { Rng } from '../../src/engine/core/index.ts';
import {
  floatAttribute,
  intAttribute,
  intsAttribute,
  type ModelEdit,
  type Value,
} from '../../src/engine/graph/index.ts';
import { float32Tensor } from '../../src/engine/tensor/index.ts';
import { filled, heNormal, xavierUniform } from '../../src/engine/train/index.ts';

/**
 * The layers that the sample networks are made of, with seeded starting weights. Names of weights
 * say where they belong.
 */
export interface Layers {
  conv(x: Value, name: string, from: number, to: number, options?: ConvOptions): Value;
  batchNorm(x: Value, name: string, channels: number, gamma?: number): Value;
  relu(x: Value): Value;
  relu6(x: Value): Value;
  add(a: Value, b: Value): Value;
  maxPool(x: Value, size: number): Value;
  globalAverage(x: Value): Value;
  flatten(x: Value): Value;
  linear(x: Value, name: string, from: number, to: number): Value;
}

export interface ConvOptions {
  readonly kernel?: number;
  readonly stride?: number;
  readonly groups?: number;
  /** Left out before a BatchNormalization, which has one. */
  readonly bias?: boolean;
}

export function layersOf(edit: ModelEdit, rng: Rng): Layers {
  const relu6Bounds = (): readonly [Value, Value] => [
    edit.addConstant('relu6.min', float32Tensor([], [0])),
    edit.addConstant('relu6.max', float32Tensor([], [6])),
  ];
  let bounds: readonly [Value, Value] | undefined;
  const node = (
    opType: string,
    name: string,
    inputs: readonly Value[],
    attributes: Parameters<ModelEdit['op']>[2],
  ) =>
    edit.addNode(opType, inputs, { name, ...(attributes === undefined ? {} : { attributes }) })
      .outputs[0] as Value;
  return {
    conv(x, name, from, to, { kernel = 3, stride = 1, groups = 1, bias = false } = {}) {
      const dims = [to, from / groups, kernel, kernel];
      const inputs = [x, edit.addConstant(`${name}.weight`, heNormal(dims, rng.fork(name)))];
      if (bias) inputs.push(edit.addConstant(`${name}.bias`, filled([to], 0)));
      const pad = (kernel - 1) / 2;
      return node('Conv', name, inputs, {
        kernel_shape: intsAttribute([kernel, kernel]),
        strides: intsAttribute([stride, stride]),
        pads: intsAttribute([pad, pad, pad, pad]),
        dilations: intsAttribute([1, 1]),
        group: intAttribute(groups),
      });
    },
    batchNorm(x, name, channels, gamma = 1) {
      const constant = (part: string, value: number) =>
        edit.addConstant(`${name}.${part}`, filled([channels], value));
      return node(
        'BatchNormalization',
        name,
        [
          x,
          constant('gamma', gamma),
          constant('beta', 0),
          constant('mean', 0),
          constant('variance', 1),
        ],
        { epsilon: floatAttribute(1e-5), momentum: floatAttribute(0.98) },
      );
    },
    relu: (x) => edit.op('Relu', [x]),
    relu6(x) {
      bounds ??= relu6Bounds();
      return edit.op('Clip', [x, ...bounds]);
    },
    add: (a, b) => edit.op('Add', [a, b]),
    maxPool: (x, size) =>
      edit.op('MaxPool', [x], {
        kernel_shape: intsAttribute([size, size]),
        strides: intsAttribute([size, size]),
      }),
    globalAverage: (x) => edit.op('GlobalAveragePool', [x]),
    flatten: (x) => edit.op('Flatten', [x], { axis: intAttribute(1) }),
    linear: (x, name, from, to) =>
      node(
        'Gemm',
        name,
        [
          x,
          edit.addConstant(`${name}.weight`, xavierUniform([to, from], rng.fork(name))),
          edit.addConstant(`${name}.bias`, filled([to], 0)),
        ],
        { transB: intAttribute(1) },
      ),
  };
}
