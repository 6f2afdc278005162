import {
  attributeInt,
  attributeInts,
  attributeString,
  type Node,
  type Value,
} from '../graph/index.ts';
import type { ShapeMap } from '../runtime/index.ts';
import { elementCount } from '../tensor/index.ts';

/**
 * Multiply–accumulates of one node from measured shapes; undefined where a shape is missing or the form is one the rule does not
 * cover. A bias adds nothing. Quantized operators count as their float counterparts. Padding is counted as if it were
 * multiplied, and so are the masked entries of causal attention (the usual convention: fvcore, ptflops, MLPerf).
 */
export type MacRule = (node: Node, shapes: ShapeMap) => number | undefined;

export const none: MacRule = () => 0;
export const unknown: MacRule = () => undefined;
/** If, Loop, Scan: how often a body runs and its shapes are not measured. 0 when it holds only operators that count 0. */
export const body: MacRule = () => undefined;

const shapeOf = (shapes: ShapeMap, value: Value | undefined): readonly number[] | undefined =>
  value === undefined ? undefined : shapes.get(value);

const input = (node: Node, shapes: ShapeMap, index: number): readonly number[] | undefined =>
  shapeOf(shapes, node.inputs[index]);

const output = (node: Node, shapes: ShapeMap, index = 0): readonly number[] | undefined =>
  shapeOf(shapes, node.outputs[index]);

/** Each output element sums over in/group · kernel products; weight [out, in/group, kernel…]. */
const convWith =
  (weightIndex: number): MacRule =>
  (node, shapes) => {
    const weight = input(node, shapes, weightIndex);
    const out = output(node, shapes);
    return weight && out && elementCount(out) * elementCount(weight.slice(1));
  };

export const conv = convWith(1);
export const qlinearConv = convWith(3);

/** Each input element is spread over out/group · kernel products; weight [in, out/group, kernel…]. */
export const convTranspose: MacRule = (node, shapes) => {
  const weight = input(node, shapes, 1);
  const from = input(node, shapes, 0);
  return weight && from && elementCount(from) * elementCount(weight.slice(1));
};

/** [M, N] outputs, each a sum over K. */
export const gemm: MacRule = (node, shapes) => {
  const a = input(node, shapes, 0);
  const out = output(node, shapes);
  const k = a?.[attributeInt(node, 'transA', 0) === 0 ? 1 : 0];
  return out && k !== undefined ? elementCount(out) * k : undefined;
};

/** Every output element, batches and broadcasting included, is a sum over K: the last axis of A. */
export const matMul: MacRule = (node, shapes) => {
  const a = input(node, shapes, 0);
  const out = output(node, shapes);
  if (a === undefined || out === undefined || attributeInt(node, 'transBatchA', 0) !== 0)
    return undefined;
  const k = a.at(attributeInt(node, 'transA', 0) === 0 ? -1 : -2);
  return k === undefined ? undefined : elementCount(out) * k;
};

/** X [T, B, I]; W [dirs, gates·H, I] and R [dirs, gates·H, H] are applied at each of T·B steps. Peepholes are element-wise. */
export const recurrent: MacRule = (node, shapes) => {
  const x = input(node, shapes, 0);
  const w = input(node, shapes, 1);
  const r = input(node, shapes, 2);
  return x && w && r && elementCount(x.slice(0, 2)) * (elementCount(w) + elementCount(r));
};

/** One product per combination of all labels. One operand: no products. Three or more, or an ellipsis: depends on the order; refused. */
export const einsum: MacRule = (node, shapes) => {
  if (node.inputs.length === 1) return 0;
  const terms =
    attributeString(node, 'equation', '').replace(/\s/g, '').split('->')[0]?.split(',') ?? [];
  if (terms.length !== 2 || node.inputs.length !== 2) return undefined;
  const sizes = new Map<string, number>();
  for (const [i, term] of terms.entries()) {
    const dims = input(node, shapes, i);
    if (dims?.length !== term.length || !/^[A-Za-z]*$/.test(term)) return undefined;
    // A label of size 1 broadcasts against the other operand's.
    Array.from(term).forEach((label, axis) =>
      sizes.set(label, Math.max(sizes.get(label) ?? 0, dims[axis] ?? 0)),
    );
  }
  return elementCount([...sizes.values()]);
};

/** ONNX Attention (23): Q·Kᵀ and A·V over heads; [B, heads, S, d] or [B, S, heads·d]. */
export const attention: MacRule = (node, shapes) => {
  const q = input(node, shapes, 0);
  const k = input(node, shapes, 1);
  const v = input(node, shapes, 2);
  if (!q || !k || !v || q.length !== k.length || k.length !== v.length) return undefined;
  const pastLength = input(node, shapes, 4)?.[2] ?? 0;
  if (q.length === 4) {
    const [batch = 0, heads = 0, length = 0, depth = 0] = q;
    return batch * heads * length * ((k[2] ?? 0) + pastLength) * (depth + (v[3] ?? 0));
  }
  const heads = attributeInt(node, 'q_num_heads', 0);
  const kvHeads = attributeInt(node, 'kv_num_heads', heads);
  if (q.length !== 3 || heads === 0 || kvHeads === 0) return undefined;
  const [batch = 0, length = 0, width = 0] = q;
  return batch * length * ((k[1] ?? 0) + pastLength) * (width + ((v[2] ?? 0) / kvHeads) * heads);
};

/** com.microsoft Attention, QAttention: the projections to Q, K and V (weight [in, q + k + v]), then the attention itself. */
export const fusedAttention: MacRule = (node, shapes) => {
  const x = input(node, shapes, 0);
  const weight = input(node, shapes, 1);
  if (x?.length !== 3 || weight?.length !== 2) return undefined;
  const [batch = 0, length = 0, width = 0] = x;
  const total = weight[1] ?? 0;
  const [q, , v] = attributeInts(node, 'qkv_hidden_sizes') ?? [total / 3, total / 3, total / 3];
  const past = input(node, shapes, node.opType === 'QAttention' ? 8 : 4)?.[3] ?? 0;
  return batch * length * (width * total + (length + past) * ((q ?? 0) + (v ?? 0)));
};

/** com.microsoft MultiHeadAttention: Q [B, S, H]; K and V [B, T, H] or [B, heads, T, d]. Packed forms are refused. */
export const multiHeadAttention: MacRule = (node, shapes) => {
  const q = input(node, shapes, 0);
  const k = input(node, shapes, 1);
  const v = input(node, shapes, 2);
  if (q?.length !== 3 || !k || !v || k.length !== v.length) return undefined;
  const [batch = 0, length = 0, width = 0] = q;
  const past = input(node, shapes, 6)?.[2] ?? 0;
  if (k.length === 3) return batch * length * ((k[1] ?? 0) + past) * (width + (v[2] ?? 0));
  if (k.length === 4)
    return batch * length * ((k[2] ?? 0) + past) * (width + (v[1] ?? 0) * (v[3] ?? 0));
  return undefined;
};

/** com.microsoft GroupQueryAttention: queries [B, S, heads·d], or with keys and values packed behind them; all queries meet all T keys. */
export const groupQueryAttention: MacRule = (node, shapes) => {
  const q = input(node, shapes, 0);
  const heads = attributeInt(node, 'num_heads', 0);
  const kvHeads = attributeInt(node, 'kv_num_heads', 0);
  if (q?.length !== 3 || heads === 0) return undefined;
  const [batch = 0, length = 0, width = 0] = q;
  const depth = width / (node.inputs[1] === undefined ? heads + 2 * kvHeads : heads);
  const total = output(node, shapes, 1)?.[2] ?? (input(node, shapes, 3)?.[2] ?? 0) + length;
  return 2 * batch * length * total * heads * depth;
};
