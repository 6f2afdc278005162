import {
  intAttribute as int,
  intsAttribute,
  stringAttribute,
  type Attribute,
  type ModelEdit,
  type Value,
} from '../../../graph/index.ts';
import { float32Tensor, int64Tensor, makeTensor } from '../../../tensor/index.ts';
import { integers, ints, linear, number, type Network } from './network.ts';

/** Norms, residual blocks and parts of transformers. */

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

/** Queries, keys and values from one product; padding is masked where the exporter puts Where. */
const paddedAttention: Network = (edit, v) => {
  const names = ['q', 'k', 'v'].map((name) => edit.freshName(name));
  const parts = edit.addNode(
    'Split',
    [linear(edit, v('x'), v('w'), v('b')), integers(edit, 6, 6, 6)],
    { outputs: names, attributes: { axis: int(-1) } },
  ).outputs;
  const heads = (part: Value | undefined, ...perm: number[]): Value =>
    edit.op('Transpose', [edit.op('Reshape', [part, integers(edit, 0, 0, 2, -1)])], {
      perm: intsAttribute(perm),
    });
  const products = edit.op('MatMul', [heads(parts[0], 0, 2, 1, 3), heads(parts[1], 0, 2, 3, 1)]);
  const scaled = edit.op('Div', [products, number(edit, Math.sqrt(3))]);
  const scores = edit.op('Add', [scaled, v('bias')]);
  const padding = makeTensor('bool', [2, 1, 1, 4], Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 0));
  const masked = edit.op('Where', [
    edit.addConstant('padding', padding),
    number(edit, -3.4028234663852886e38),
    scores,
  ]);
  const weights = edit.op('Softmax', [masked], { axis: int(-1) });
  const attended = edit.op('MatMul', [weights, heads(parts[2], 0, 2, 1, 3)]);
  const rows = edit.op('Transpose', [attended], { perm: ints(0, 2, 1, 3) });
  return edit.op('MatMul', [edit.op('Reshape', [rows, integers(edit, 0, 0, -1)]), v('wo')]);
};

/** [x₃ x₄] negated before [x₁ x₂], for rotary positions. */
function turned(edit: ModelEdit, x: Value): Value {
  const half = (start: number, end: number): Value =>
    edit.op('Slice', [x, integers(edit, start), integers(edit, end), integers(edit, -1)]);
  const rotated = edit.op('Concat', [edit.op('Neg', [half(2, 1000)]), half(0, 2)], {
    axis: int(-1),
  });
  const angles = [0, 1, 2].flatMap((place) => [1, 0.1, 1, 0.1].map((rate) => place * rate));
  const table = (name: string, f: (angle: number) => number): Value =>
    edit.addConstant(name, float32Tensor([3, 4], angles.map(f)));
  return edit.op('Add', [
    edit.op('Mul', [x, table('cosines', Math.cos)]),
    edit.op('Mul', [rotated, table('sines', Math.sin)]),
  ]);
}

/** RMS norm in single operators, rotary positions, keys and values shared by two heads, SwiGLU. */
const rotarySwigluLayer: Network = (edit, v) => {
  const square = edit.op('Pow', [v('x'), number(edit, 2)]);
  const mean = edit.op('ReduceMean', [square, integers(edit, -1)]);
  const spread = edit.op('Sqrt', [edit.op('Add', [mean, number(edit, 1e-5)])]);
  const unit = edit.op('Mul', [v('x'), edit.op('Div', [number(edit, 1), spread])]);
  const h = edit.op('Mul', [unit, v('gamma')]);
  const heads = (w: string, count: number): Value =>
    edit.op(
      'Transpose',
      [edit.op('Reshape', [edit.op('MatMul', [h, v(w)]), integers(edit, 0, 0, count, 4)])],
      { perm: ints(0, 2, 1, 3) },
    );
  const shared = (x: Value): Value => {
    const apart = edit.op('Unsqueeze', [x, integers(edit, 2)]);
    const repeated = edit.op('Expand', [apart, integers(edit, 2, 1, 2, 3, 4)]);
    return edit.op('Reshape', [repeated, integers(edit, 2, 2, 3, 4)]);
  };
  const keys = edit.op('Transpose', [shared(turned(edit, heads('wk', 1)))], {
    perm: ints(0, 1, 3, 2),
  });
  const products = edit.op('MatMul', [turned(edit, heads('wq', 2)), keys]);
  const weights = edit.op('Softmax', [edit.op('Div', [products, number(edit, 2)])]);
  const attended = edit.op('MatMul', [weights, shared(heads('wv', 1))]);
  const rows = edit.op('Transpose', [attended], { perm: ints(0, 2, 1, 3) });
  const x = edit.op('Add', [v('x'), edit.op('Reshape', [rows, integers(edit, 0, 0, 8)])]);
  const gate = edit.op('MatMul', [x, v('w1')]);
  const swish = edit.op('Mul', [gate, edit.op('Sigmoid', [gate])]);
  const inner = edit.op('Mul', [swish, edit.op('MatMul', [x, v('w2')])]);
  return edit.op('Add', [x, edit.op('MatMul', [inner, v('w3')])]);
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

const embedding: Network = (edit, v) => {
  const tokens = edit.addConstant('tokens', int64Tensor([2, 4], [1, 3, 3, 0, 6, 1, 2, 1]));
  const words = edit.op('Gather', [v('words'), tokens]);
  const sum = edit.op('Add', [words, v('places')]);
  const h = edit.op('LayerNormalization', [sum, v('gamma'), v('beta')]);
  const mean = edit.op('ReduceMean', [h, integers(edit, 1)], { keepdims: int(0) });
  return edit.op('LogSoftmax', [edit.op('MatMul', [mean, v('w')])], { axis: int(-1) });
};

export const blockNetworks: Readonly<Record<string, Network>> = {
  'layer norm': norm('LayerNormalization'),
  'group norm': norm('GroupNormalization', { num_groups: int(3) }),
  'instance norm': norm('InstanceNormalization'),
  'batch norm': (edit, v) => batchNorm(edit, v('x'), v('gamma'), v('beta'), 3),
  'batch residual block': residualBlock,
  'causal attention': attention,
  'padded attention': paddedAttention,
  'rotary swiglu layer': rotarySwigluLayer,
  'transformer mlp': mlp,
  'tanh gelu': tanhGelu,
  'rms norm prelu': (edit, v) => {
    const h = edit.op('RMSNormalization', [
      v('x'),
      edit.addConstant('ones', float32Tensor([5], [1, 1, 1, 1, 1])),
    ]);
    return edit.op('PRelu', [h, edit.op('Reshape', [v('slope'), integers(edit, -1, 1)])]);
  },
  'embedding layer norm': embedding,
};
