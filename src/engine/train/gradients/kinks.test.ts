import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNodeRuntime } from '../../../cli/node-runtime.ts';
import { floatAttribute, intsAttribute, type ModelEdit, type Value } from '../../graph/index.ts';
import type { Runtime } from '../../runtime/index.ts';
import { float32Tensor, int64Tensor } from '../../tensor/index.ts';
import { floats, fromFloats } from '../testing/float-tensors.ts';
import { outputAndGradients } from '../testing/gradient-case.ts';

/**
 * Where a function has a kink or its formula divides by zero, finite differences say nothing. There
 * the gradient is a subgradient, the same as PyTorch's, and above all finite.
 */
interface KinkCase {
  readonly name: string;
  readonly x: readonly number[];
  /** dΣy/dx */
  readonly wanted: readonly number[];
  /** How many elements y has. Default: as many as x. */
  readonly outputs?: number;
  readonly build: (edit: ModelEdit, x: Value) => Value;
}

const constant = (edit: ModelEdit, ...values: number[]): Value =>
  edit.addConstant('constant', float32Tensor([values.length], values));
const firstAxis = (edit: ModelEdit): Value => edit.addConstant('axes', int64Tensor([1], [0]));

const cases: readonly KinkCase[] = [
  { name: 'Abs', x: [-2, 0, 3], wanted: [-1, 0, 1], build: (edit, x) => edit.op('Abs', [x]) },
  {
    name: 'Max of equal operands shares',
    x: [1, 2, 3],
    wanted: [0, 0.5, 1],
    build: (edit, x) => edit.op('Max', [x, constant(edit, 2, 2, 2)]),
  },
  {
    name: 'ReduceMax of equal elements shares',
    x: [5, 1, 5],
    wanted: [0.5, 0, 0.5],
    outputs: 1,
    build: (edit, x) => edit.op('ReduceMax', [x, firstAxis(edit)]),
  },
  {
    name: 'ReduceL2 of zeros',
    x: [0, 0],
    wanted: [0, 0],
    outputs: 1,
    build: (edit, x) => edit.op('ReduceL2', [x, firstAxis(edit)]),
  },
  {
    name: 'LpNormalization of zeros',
    x: [0, 0],
    wanted: [0, 0],
    build: (edit, x) => edit.op('LpNormalization', [x]),
  },
  {
    name: 'Pow with small whole exponents at 0',
    x: [0, 0, 0],
    wanted: [0, 1, 0],
    build: (edit, x) => edit.op('Pow', [x, constant(edit, 0, 1, 2)]),
  },
  {
    name: 'MaxPool of windows side by side, with equal maxima: they share',
    x: [2, 2, 0, 0, 0, 3],
    outputs: 2,
    wanted: [0.5, 0.5, 0, 0, 0, 1],
    build: (edit, x) => {
      const shaped = (value: Value, ...dims: number[]): Value =>
        edit.op('Reshape', [value, edit.addConstant('dims', int64Tensor([dims.length], dims))]);
      const side = { kernel_shape: intsAttribute([3]), strides: intsAttribute([3]) };
      return shaped(edit.op('MaxPool', [shaped(x, 1, 1, 6)], side), 2);
    },
  },
  {
    name: 'Pow by an exponent, of bases that have no logarithm',
    x: [2, 2, 2],
    wanted: [0, 0, 9 * Math.log(3)],
    build: (edit, x) => edit.op('Pow', [constant(edit, 0, -3, 3), x]),
  },
  {
    name: 'exponential activations far out',
    x: [-200, 200],
    wanted: [0, 1],
    build: (edit, x) => edit.op('Elu', [edit.op('Celu', [x], { alpha: floatAttribute(1) })]),
  },
  {
    name: 'Softplus and Mish far out',
    x: [-200, 200],
    wanted: [0, 1],
    build: (edit, x) => edit.op('Mish', [edit.op('Softplus', [x])]),
  },
  {
    name: 'Gelu far out',
    x: [-200, 200],
    wanted: [0, 1],
    build: (edit, x) => edit.op('Gelu', [x]),
  },
  {
    name: 'Softmax under a mask of -∞',
    x: [0, 0, 0],
    wanted: [0.25, -0.25, 0],
    build: (edit, x) => {
      const masked = edit.op('Add', [x, constant(edit, 0, 0, -Infinity)]);
      return edit.op('Mul', [edit.op('Softmax', [masked]), constant(edit, 1, 0, 0)]);
    },
  },
];

describe('gradients at kinks', () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await createNodeRuntime('wasm', 1);
  });
  afterAll(() => runtime.dispose());

  it.each(cases.map((test) => [test.name, test] as const))('%s', async (name, test) => {
    const outputs = test.outputs ?? test.x.length;
    const { gradients } = await outputAndGradients(
      runtime,
      {
        name,
        variables: { x: [test.x.length] },
        opset: 20,
        build: (edit, [x]) => test.build(edit, x as Value),
      },
      { x: fromFloats([test.x.length], Float32Array.from(test.x)) },
      fromFloats([outputs], new Float32Array(outputs).fill(1)),
    );
    const values = [...floats(gradients['x'])];
    test.wanted.forEach((wanted, i) => expect(values[i], `element ${i}`).toBeCloseTo(wanted, 5));
  });
});
