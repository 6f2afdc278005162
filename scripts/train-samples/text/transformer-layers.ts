import type { Rng } from '../../../src/engine/core/index.ts';
import {
  floatAttribute,
  intAttribute,
  intsAttribute,
  type ModelEdit,
  type Value,
} from '../../../src/engine/graph/index.ts';
import {
  elementCount,
  float32Tensor,
  int64Tensor,
  makeTensor,
  tensorBytes,
  type Tensor,
} from '../../../src/engine/tensor/index.ts';
import { filled, xavierUniform } from '../../../src/engine/train/index.ts';

/**
 * The layers of the transformer samples, written with the operators that PyTorch's exporter writes (opset 18): sizes that are open are read
 * by Shape and Gather and put together by Concat for Reshape; GELU is the exact one, with Erf; masks go through Where. Weights of a
 * MatMul are [in, out].
 */
export interface TransformerLayers {
  embedding(table: Value, ids: Value): Value;
  table(name: string, rows: number, width: number): Value;
  layerNorm(x: Value, name: string, width: number): Value;
  /** MatMul and Add on [batch, sequence, from]. `gain` scales the starting weights. */
  linear(x: Value, name: string, from: number, to: number, gain?: number): Value;
  gelu(x: Value): Value;
  /** [batch, sequence, width] → [batch, heads, sequence, width ÷ heads]. */
  splitHeads(x: Value, heads: number, width: number): Value;
  /** softmax(q kᵀ ÷ √d, where `keep` is true) v, joined to [batch, sequence, width] again. */
  attend(q: Value, k: Value, v: Value, keep: Value, heads: number, width: number): Value;
  /** Gemm on [batch, from]; its weight is [out, in]. */
  gemm(x: Value, name: string, from: number, to: number): Value;
  /** The first `sequence` positions as int64 [1, sequence], `sequence` read from `ids`. */
  positions(ids: Value, context: number): Value;
  /** bool [1, 1, sequence, sequence]: a token sees itself and those before it. */
  causalMask(ids: Value, context: number): Value;
}

/** What a masked score becomes: exp gives 0, and it fits into float16. */
const masked = -1e4;

export function transformerLayers(edit: ModelEdit, rng: Rng): TransformerLayers {
  const shared = new Map<string, Value>();
  const constant = (name: string, tensor: Tensor): Value => {
    const known = shared.get(name) ?? edit.addConstant(name, tensor);
    shared.set(name, known);
    return known;
  };
  const integers = (values: readonly number[]): Value =>
    constant(`ints_${values.join('_').replace(/-/g, 'm')}`, int64Tensor([values.length], values));
  const number = (value: number): Value => constant(`float_${value}`, float32Tensor([], [value]));
  /** One size of a value, as int64 [1]. */
  const sizeOf = (x: Value, axis: number): Value =>
    edit.op('Unsqueeze', [
      edit.op(
        'Gather',
        [edit.op('Shape', [x]), constant(`axis_${axis}`, int64Tensor([], [axis]))],
        {
          axis: intAttribute(0),
        },
      ),
      integers([0]),
    ]);
  const named = (opType: string, name: string, inputs: readonly Value[]): Value =>
    edit.addNode(opType, inputs, { name: `/${name.replace(/\./g, '/')}/${opType}` })
      .outputs[0] as Value;
  const reshaped = (x: Value, like: Value, tail: readonly number[]): Value =>
    edit.op('Reshape', [
      x,
      edit.op(
        'Concat',
        [sizeOf(like, 0), sizeOf(like, 1), ...tail.map((size) => integers([size]))],
        {
          axis: intAttribute(0),
        },
      ),
    ]);
  return {
    table: (name, rows, width) =>
      edit.addConstant(`${name}.weight`, normal([rows, width], 0.02, rng.fork(name))),
    embedding: (table, ids) => edit.op('Gather', [table, ids], { axis: intAttribute(0) }),
    layerNorm: (x, name, width) =>
      edit.addNode(
        'LayerNormalization',
        [
          x,
          edit.addConstant(`${name}.weight`, filled([width], 1)),
          edit.addConstant(`${name}.bias`, filled([width], 0)),
        ],
        {
          name: `/${name.replace(/\./g, '/')}/LayerNormalization`,
          attributes: { axis: intAttribute(-1), epsilon: floatAttribute(1e-5) },
        },
      ).outputs[0] as Value,
    linear(x, name, from, to, gain = 1) {
      const weight = scaled(xavierUniform([from, to], rng.fork(name)), gain);
      const product = named('MatMul', name, [x, edit.addConstant(`${name}.weight`, weight)]);
      return named('Add', name, [product, edit.addConstant(`${name}.bias`, filled([to], 0))]);
    },
    gelu(x) {
      const erf = edit.op('Erf', [edit.op('Div', [x, number(Math.fround(Math.SQRT2))])]);
      return edit.op('Mul', [edit.op('Mul', [x, edit.op('Add', [erf, number(1)])]), number(0.5)]);
    },
    splitHeads: (x, heads, width) =>
      edit.op('Transpose', [reshaped(x, x, [heads, width / heads])], {
        perm: intsAttribute([0, 2, 1, 3]),
      }),
    gemm: (x, name, from, to) =>
      edit.addNode(
        'Gemm',
        [
          x,
          edit.addConstant(`${name}.weight`, xavierUniform([to, from], rng.fork(name))),
          edit.addConstant(`${name}.bias`, filled([to], 0)),
        ],
        { name: `/${name}/Gemm`, attributes: { transB: intAttribute(1) } },
      ).outputs[0] as Value,
    attend(q, k, v, keep, heads, width) {
      const transposed = edit.op('Transpose', [k], { perm: intsAttribute([0, 1, 3, 2]) });
      const scores = edit.op('Div', [
        edit.op('MatMul', [q, transposed]),
        number(Math.fround(Math.sqrt(width / heads))),
      ]);
      const weights = edit.op('Softmax', [edit.op('Where', [keep, scores, number(masked)])], {
        axis: intAttribute(-1),
      });
      const mixed = edit.op('Transpose', [edit.op('MatMul', [weights, v])], {
        perm: intsAttribute([0, 2, 1, 3]),
      });
      return reshaped(mixed, mixed, [width]);
    },
    positions(ids, context) {
      const all = constant(
        'position_ids',
        int64Tensor(
          [1, context],
          Array.from({ length: context }, (_, i) => i),
        ),
      );
      return edit.op('Slice', [all, integers([0]), sizeOf(ids, 1), integers([1]), integers([1])]);
    },
    causalMask(ids, context) {
      const all = constant(
        'causal_mask',
        makeTensor(
          'bool',
          [1, 1, context, context],
          Uint8Array.from({ length: context * context }, (_, i) =>
            i % context <= Math.floor(i / context) ? 1 : 0,
          ),
        ),
      );
      const size = sizeOf(ids, 1);
      const rows = edit.op('Slice', [all, integers([0]), size, integers([2]), integers([1])]);
      return edit.op('Slice', [rows, integers([0]), size, integers([3]), integers([1])]);
    },
  };
}

const normal = (dims: readonly number[], deviation: number, rng: Rng): Tensor =>
  float32Tensor(
    dims,
    Float32Array.from({ length: elementCount(dims) }, () => deviation * rng.normal()),
  );

function scaled(tensor: Tensor, gain: number): Tensor {
  const values = new Float32Array(tensorBytes(tensor).slice().buffer);
  return float32Tensor(
    tensor.dims,
    values.map((value) => value * gain),
  );
}
