import {
  floatAttribute,
  intAttribute,
  intsAttribute,
  type Model,
  type Value,
} from '../../graph/index.ts';
import { float32Tensor, int64Tensor } from '../../tensor/index.ts';
import { tinyModel, type TinyBuilder } from './tiny-models.ts';

/**
 * Transformers as PyTorch exports them, with dynamic batch and sequence: shapes of views are computed by Shape, Gather, Unsqueeze and Concat,
 * numbers of heads and features are constants in them.
 */
const width = 16;
const heads = 4;
const each = 4;

const scalar = (b: TinyBuilder, name: string, value: number): Value =>
  b.e.addConstant(name, int64Tensor([], [value]));

const number = (b: TinyBuilder, name: string, value: number): Value =>
  b.e.addConstant(name, float32Tensor([], [value]));

/** Length of axis `axis` of `x` as a vector of one element. */
function lengthOf(b: TinyBuilder, x: Value, axis: number, name: string): Value {
  const size = b.op('Gather', [b.op('Shape', [x]), scalar(b, `${name}.axis`, axis)], {
    axis: intAttribute(0),
  });
  return b.op('Unsqueeze', [size, b.integers(`${name}.at`, [0])]);
}

function view(b: TinyBuilder, x: Value, name: string, tail: readonly number[]): Value {
  const target = b.op(
    'Concat',
    [
      lengthOf(b, x, 0, `${name}.b`),
      lengthOf(b, x, 1, `${name}.s`),
      ...tail.map((size, i) => b.integers(`${name}.${i}`, [size])),
    ],
    { axis: intAttribute(0) },
  );
  return b.op('Reshape', [x, target]);
}

const linear = (b: TinyBuilder, x: Value, name: string, from: number, to: number): Value =>
  b.op('Add', [
    b.weight(`${name}.bias`, [to]),
    b.op('MatMul', [x, b.weight(`${name}.weight`, [from, to])]),
  ]);

const turn = (b: TinyBuilder, x: Value, perm: readonly number[]): Value =>
  b.op('Transpose', [x], { perm: intsAttribute(perm) });

const layerNorm = (b: TinyBuilder, x: Value, name: string): Value =>
  b.op(
    'LayerNormalization',
    [x, b.weight(`${name}.weight`, [width], 1), b.weight(`${name}.bias`, [width])],
    {
      axis: intAttribute(-1),
      epsilon: floatAttribute(1e-5),
    },
  );

/** x · ½ · (1 + erf(x / √2)) */
function gelu(b: TinyBuilder, x: Value, name: string): Value {
  const inner = b.op('Erf', [b.op('Div', [x, number(b, `${name}.root`, Math.SQRT2)])]);
  const gate = b.op('Add', [inner, number(b, `${name}.one`, 1)]);
  return b.op('Mul', [b.op('Mul', [x, gate]), number(b, `${name}.half`, 0.5)]);
}

function attend(
  b: TinyBuilder,
  [q, k, v]: readonly [Value, Value, Value],
  name: string,
  mask?: Value,
): Value {
  const raw = b.op('MatMul', [q, k]);
  const scaled = b.op('Div', [raw, number(b, `${name}.scale`, Math.sqrt(each))]);
  const weights = b.op('Softmax', [mask === undefined ? scaled : b.op('Add', [scaled, mask])], {
    axis: intAttribute(-1),
  });
  const mixed = turn(b, b.op('MatMul', [weights, v]), [0, 2, 1, 3]);
  return view(b, mixed, `${name}.merge`, [width]);
}

function embed(b: TinyBuilder): Value {
  const ids = b.e.addInput('ids', { kind: 'tensor', dtype: 'int64', dims: ['batch', 'sequence'] });
  const words = b.op('Gather', [b.weight('words', [20, width], 1), ids], { axis: intAttribute(0) });
  const length = lengthOf(b, ids, 1, 'length');
  const places = b.op('Slice', [
    b.weight('places', [12, width], 1),
    b.integers('from', [0]),
    length,
    b.integers('of', [0]),
  ]);
  return b.op('Add', [words, places]);
}

/** Post-norm: x → LN(x + attention) → LN(x + feed-forward), two outputs from the first token. */
export function bertLike(layers = 3): Model {
  return tinyModel((b) => {
    let x = layerNorm(b, embed(b), 'embed.ln');
    for (let i = 0; i < layers; i++) {
      const name = `layer.${i}`;
      const part = (which: string, perm: readonly number[]): Value =>
        turn(
          b,
          view(b, linear(b, x, `${name}.${which}`, width, width), `${name}.${which}.view`, [
            heads,
            each,
          ]),
          perm,
        );
      const mixed = attend(
        b,
        [part('query', [0, 2, 1, 3]), part('key', [0, 2, 3, 1]), part('value', [0, 2, 1, 3])],
        name,
      );
      x = layerNorm(
        b,
        b.op('Add', [linear(b, mixed, `${name}.out`, width, width), x]),
        `${name}.ln1`,
      );
      const wide = gelu(b, linear(b, x, `${name}.up`, width, 24), `${name}.gelu`);
      x = layerNorm(b, b.op('Add', [linear(b, wide, `${name}.down`, 24, width), x]), `${name}.ln2`);
    }
    const first = b.op('Gather', [x, scalar(b, 'first', 0)], { axis: intAttribute(1) });
    b.output(b.gemm(b.op('Tanh', [b.gemm(first, 'pooler', width, width)]), 'classifier', width, 2));
  });
}

/** Pre-norm, query, key and value from one matrix, the output tied to the embedding, a causal mask from a stored table. */
export function gptLike(layers = 3): Model {
  return tinyModel((b) => {
    let x = embed(b);
    const table = b.e.addConstant(
      'causal',
      float32Tensor(
        [1, 1, 12, 12],
        Float32Array.from({ length: 144 }, (_, i) => (i % 12 > Math.floor(i / 12) ? -1e4 : 0)),
      ),
    );
    for (let i = 0; i < layers; i++) {
      const name = `h.${i}`;
      const joined = linear(b, layerNorm(b, x, `${name}.ln1`), `${name}.qkv`, width, 3 * width);
      const parts = b.e.addNode(
        'Split',
        [joined, b.integers(`${name}.split`, [width, width, width])],
        {
          outputs: 3,
          attributes: { axis: intAttribute(2) },
        },
      ).outputs as [Value, Value, Value];
      const [q, k, v] = parts.map((part, at) =>
        turn(
          b,
          view(b, part, `${name}.view${at}`, [heads, each]),
          at === 1 ? [0, 2, 3, 1] : [0, 2, 1, 3],
        ),
      ) as [Value, Value, Value];
      const length = lengthOf(b, q, 2, `${name}.mask`);
      const rows = b.op('Slice', [
        table,
        b.integers(`${name}.r0`, [0]),
        length,
        b.integers(`${name}.ra`, [2]),
      ]);
      const mask = b.op('Slice', [
        rows,
        b.integers(`${name}.c0`, [0]),
        length,
        b.integers(`${name}.ca`, [3]),
      ]);
      x = b.op('Add', [
        x,
        linear(b, attend(b, [q, k, v], name, mask), `${name}.out`, width, width),
      ]);
      const wide = gelu(
        b,
        linear(b, layerNorm(b, x, `${name}.ln2`), `${name}.up`, width, 24),
        `${name}.gelu`,
      );
      x = b.op('Add', [x, linear(b, wide, `${name}.down`, 24, width)]);
    }
    const words = b.e.model.graph.constants.find(({ name }) => name === 'words') as Value;
    b.output(b.op('MatMul', [layerNorm(b, x, 'ln'), turn(b, words, [1, 0])]));
  });
}

/** Two heads of keys and values, each repeated for two heads of queries by Expand (LLaMA); gated feed-forward. */
export function groupedQueryAttention(): Model {
  return tinyModel((b) => {
    const x = embed(b);
    const q = turn(
      b,
      view(b, linear(b, x, 'q', width, width), 'q.view', [heads, each]),
      [0, 2, 1, 3],
    );
    const repeated = (name: string): Value => {
      const own = turn(
        b,
        view(b, linear(b, x, name, width, 8), `${name}.view`, [2, each]),
        [0, 2, 1, 3],
      );
      const apart = b.op('Unsqueeze', [own, b.integers(`${name}.axis`, [2])]);
      const length = lengthOf(b, own, 2, `${name}.length`);
      const piece = (size: number, at: number): Value => b.integers(`${name}.e${at}`, [size]);
      const batch = lengthOf(b, own, 0, `${name}.batch`);
      const wide = b.op('Concat', [batch, piece(2, 0), piece(2, 1), length, piece(each, 2)], {
        axis: intAttribute(0),
      });
      const target = b.op('Concat', [batch, piece(heads, 3), length, piece(each, 4)], {
        axis: intAttribute(0),
      });
      return b.op('Reshape', [b.op('Expand', [apart, wide]), target]);
    };
    const mixed = attend(b, [q, turn(b, repeated('k'), [0, 1, 3, 2]), repeated('v')], 'attention');
    const y = b.op('Add', [x, linear(b, mixed, 'out', width, width)]);
    const gate = linear(b, y, 'gate', width, 24);
    const gated = b.op('Mul', [
      b.op('Mul', [gate, b.op('Sigmoid', [gate])]),
      linear(b, y, 'up', width, 24),
    ]);
    const z = b.op('Add', [y, linear(b, gated, 'down', 24, width)]);
    b.output(linear(b, z, 'lm', width, 20));
  });
}
