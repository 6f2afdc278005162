import {
  intAttribute,
  intsAttribute,
  stringAttribute,
  type Attribute,
  type ModelEdit,
  type Value,
} from '../../graph/index.ts';
import { float32Tensor, int64Tensor } from '../../tensor/index.ts';
import type { GradientCase } from './gradient-check.ts';

/**
 * The networks of scripts/oracles/pytorch-gradients.py, case by case, as PyTorch's exporter writes
 * them in ONNX. `v` gives the variables by name.
 */
type Network = (edit: ModelEdit, v: (name: string) => Value) => Value;

const ints = (...values: number[]): Attribute => intsAttribute(values);
const int = intAttribute;

const linear = (edit: ModelEdit, x: Value, w: Value, b: Value): Value =>
  edit.op('Add', [edit.op('MatMul', [x, w]), b]);

const number = (edit: ModelEdit, value: number): Value =>
  edit.addConstant('number', float32Tensor([], [value]));

const integers = (edit: ModelEdit, ...values: number[]): Value =>
  edit.addConstant('integers', int64Tensor([values.length], values));

/** A single Conv or ConvTranspose of x, w and maybe b. */
const conv =
  (attributes: Record<string, Attribute>, inputs = ['x', 'w', 'b'], opType = 'Conv'): Network =>
  (edit, v) =>
    edit.op(opType, inputs.map(v), attributes);

const pool =
  (opType: string, attributes: Record<string, Attribute>): Network =>
  (edit, v) =>
    edit.op(opType, [v('x')], attributes);

const norm =
  (opType: string, attributes: Record<string, Attribute> = {}): Network =>
  (edit, v) =>
    edit.op(opType, ['x', 'gamma', 'beta'].map(v), attributes);

/** BatchNormalization; its running statistics are replaced by those of the batch. */
function batchNorm(edit: ModelEdit, x: Value, gamma: Value, beta: Value, channels: number): Value {
  const running = (name: string): Value =>
    edit.addConstant(name, float32Tensor([channels], new Float32Array(channels).fill(1)));
  return edit.op('BatchNormalization', [x, gamma, beta, running('mean'), running('variance')]);
}

const residualBlock: Network = (edit, v) => {
  const pads = ints(1, 1, 1, 1);
  const strided = { pads, strides: ints(2, 2) };
  const h1 = edit.op('Conv', [v('x'), v('w1')], strided);
  const h2 = edit.op('Relu', [batchNorm(edit, h1, v('gamma1'), v('beta1'), 4)]);
  const h3 = batchNorm(edit, edit.op('Conv', [h2, v('w2')], { pads }), v('gamma2'), v('beta2'), 4);
  const skip = edit.op('Conv', [v('x'), v('w3')], { strides: ints(2, 2) });
  const h4 = edit.op('Relu', [edit.op('Add', [h3, skip])]);
  const mean = edit.op('ReduceMean', [h4, integers(edit, 2, 3)], { keepdims: int(0) });
  return edit.op('Gemm', [mean, v('w'), v('b')], { transB: int(1) });
};

/** Scaled dot-product attention: queries and keys each take √scale, the mask is added. */
const attention: Network = (edit, v) => {
  const heads = (w: string, b: string, perm: readonly number[]): Value => {
    const split = edit.op('Reshape', [
      linear(edit, v('x'), v(w), v(b)),
      integers(edit, 0, -1, 2, 4),
    ]);
    return edit.op('Transpose', [split], { perm: intsAttribute(perm) });
  };
  const scaled = (value: Value): Value => edit.op('Mul', [value, number(edit, Math.SQRT1_2)]);
  const queries = scaled(heads('wq', 'bq', [0, 2, 1, 3]));
  const keys = scaled(heads('wk', 'bk', [0, 2, 3, 1]));
  const later = Array.from({ length: 25 }, (_, i) => (i % 5 > Math.floor(i / 5) ? -Infinity : 0));
  const mask = edit.addConstant('mask', float32Tensor([5, 5], later));
  const scores = edit.op('Add', [edit.op('MatMul', [queries, keys]), mask]);
  const weights = edit.op('Softmax', [scores], { axis: int(-1) });
  const attended = edit.op('MatMul', [weights, heads('wv', 'bv', [0, 2, 1, 3])]);
  const rows = edit.op('Transpose', [attended], { perm: ints(0, 2, 1, 3) });
  const joined = edit.op('Reshape', [rows, integers(edit, 0, 0, 8)]);
  return linear(edit, joined, v('wo'), v('bo'));
};

/** Gelu in single operators, as it is exported below opset 20. */
function decomposedGelu(edit: ModelEdit, x: Value): Value {
  const erf = edit.op('Erf', [edit.op('Div', [x, number(edit, Math.SQRT2)])]);
  const sum = edit.op('Add', [erf, number(edit, 1)]);
  return edit.op('Mul', [edit.op('Mul', [x, sum]), number(edit, 0.5)]);
}

const mlp: Network = (edit, v) => {
  const h = edit.op('LayerNormalization', [v('x'), v('gamma'), v('beta')]);
  const inner = decomposedGelu(edit, linear(edit, h, v('w1'), v('b1')));
  return edit.op('Add', [v('x'), linear(edit, inner, v('w2'), v('b2'))]);
};

const tanhGelu: Network = (edit, v) => {
  const inner = edit.op('MatMul', [v('x'), v('w1')]);
  const gelu = edit.op('Gelu', [inner], { approximate: stringAttribute('tanh') });
  return edit.op('MatMul', [gelu, v('w2')]);
};

export const pytorchNetworks: Readonly<Record<string, Network>> = {
  'conv 1d': conv({ strides: ints(2), pads: ints(2, 1) }),
  'conv 2d': conv({ pads: ints(1, 1, 1, 1) }),
  'conv groups strided': conv({ strides: ints(2, 2), pads: ints(1, 1, 1, 1), group: int(2) }),
  'conv depthwise separable': (edit, v) =>
    edit.op('Conv', [
      edit.op('Conv', [v('x'), v('w')], { pads: ints(1, 1, 1, 1), group: int(3) }),
      v('v'),
    ]),
  'conv depthwise strided': conv({ strides: ints(2, 2), pads: ints(1, 1, 1, 1), group: int(4) }),
  'conv dilated': conv({ dilations: ints(2, 3), pads: ints(2, 1, 2, 1) }, ['x', 'w']),
  'conv asymmetric pads': conv({ strides: ints(1, 2), pads: ints(0, 1, 1, 2) }),
  'max pool overlapping': pool('MaxPool', {
    kernel_shape: ints(3, 3),
    strides: ints(2, 2),
    pads: ints(1, 1, 1, 1),
  }),
  'average pool overlapping': pool('AveragePool', {
    kernel_shape: ints(3, 2),
    strides: ints(2, 1),
    pads: ints(1, 1, 1, 1),
  }),
  'average pool counting pads': pool('AveragePool', {
    kernel_shape: ints(3, 3),
    strides: ints(2, 2),
    pads: ints(1, 1, 1, 1),
    count_include_pad: int(1),
  }),
  'layer norm': norm('LayerNormalization'),
  'group norm': norm('GroupNormalization', { num_groups: int(3) }),
  'instance norm': norm('InstanceNormalization'),
  'batch norm': (edit, v) => batchNorm(edit, v('x'), v('gamma'), v('beta'), 3),
  'batch residual block': residualBlock,
  'causal attention': attention,
  'transformer mlp': mlp,
  'tanh gelu': tanhGelu,
  'rms norm prelu': (edit, v) => {
    const h = edit.op('RMSNormalization', [
      v('x'),
      edit.addConstant('ones', float32Tensor([5], [1, 1, 1, 1, 1])),
    ]);
    return edit.op('PRelu', [h, edit.op('Reshape', [v('slope'), integers(edit, -1, 1)])]);
  },
};

/** The case of a network; its variables in the order of the fixture. */
export function pytorchCase(
  name: string,
  variables: Readonly<Record<string, readonly number[]>>,
): GradientCase {
  const network = pytorchNetworks[name];
  if (network === undefined) throw new Error(`no network is called ${name}`);
  const names = Object.keys(variables);
  return {
    name,
    variables,
    opset: 23,
    build: (edit, values) =>
      network(edit, (wanted) => {
        const value = values[names.indexOf(wanted)];
        if (value === undefined) throw new Error(`${name} has no variable ${wanted}`);
        return value;
      }),
  };
}
