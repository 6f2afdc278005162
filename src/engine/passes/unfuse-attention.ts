import {
  attributeFloat,
  attributeInt,
  edit,
  floatAttribute,
  intAttribute,
  intsAttribute,
  type Model,
  type ModelEdit,
  type Node,
  type Value,
} from '../graph/index.ts';
import { float32Tensor, int64Tensor } from '../tensor/index.ts';

/**
 * What ONNX Runtime's transformer optimizer fuses, written out again in operators of the standard, so that gradients pass
 * (onnxruntime/docs/ContribOperators.md: Attention, MultiHeadAttention, EmbedLayerNormalization). With N heads of size D:
 *
 *   [Q K V] = X W + b;   P = softmax(Q Kᵀ · scale + bias + mask);   Y = P V, heads side by side again.
 *
 * Weights keep their names. Configurations with a past, packed or separate head layouts, rotation or several outputs stay fused. Needs
 * opset 17 (LayerNormalization). Returns the model itself when there is nothing to do.
 */
export function unfuseAttention(model: Model): Model {
  const found = model.graph.nodes.filter((node) => formOf(node) !== undefined);
  if (found.length === 0) return model;
  return edit(model, (e) => {
    for (const fused of found) {
      const node = e.node(fused);
      const [output] = node.outputs;
      const made = formOf(node)?.(e, node);
      if (output === undefined || made === undefined) continue;
      const { name } = output;
      e.rename(output, e.freshName(`${name}_fused`));
      e.replaceUses(output, made);
      e.rename(made, name);
    }
    e.removeDead();
  });
}

type Form = (e: ModelEdit, node: Node) => Value;

/** How a node is written out; undefined: it is none of these, or of a kind that is not. */
function formOf(node: Node): Form | undefined {
  if (node.domain !== 'com.microsoft') return undefined;
  const given = (index: number): boolean => node.inputs[index] !== undefined;
  const reads = (index: number): boolean => {
    const output = node.outputs[index];
    return output !== undefined && (output.uses.length > 0 || node.graph.outputs.includes(output));
  };
  // The lengths that an embedding counts carry no gradient: for them it may stay where it is.
  const silent = node.opType === 'EmbedLayerNormalization' ? 1 : 0;
  if (node.outputs.some((_output, i) => i > silent && reads(i))) return undefined;
  const [key, mask] = [node.inputs[1], node.inputs[3]];
  switch (node.opType) {
    case 'Attention':
      return (mask !== undefined && ![1, 2].includes(rankOf(mask) ?? 0)) ||
        given(4) ||
        given(6) ||
        given(7) ||
        given(8) ||
        hasAttribute(node, 'qkv_hidden_sizes', 'do_rotary')
        ? undefined
        : attention;
    case 'MultiHeadAttention':
      return key === undefined ||
        rankOf(key) === 4 ||
        !given(2) ||
        given(4) ||
        given(6) ||
        node.inputs.length > 8
        ? undefined
        : multiHeadAttention;
    case 'EmbedLayerNormalization':
      return embedding;
    default:
      return undefined;
  }
}

/** Set, and not to 0. */
const hasAttribute = (node: Node, ...names: string[]): boolean =>
  names.some((name) => {
    const attribute = node.attributes.get(name);
    return attribute !== undefined && !(attribute.kind === 'int' && Number(attribute.value) === 0);
  });

const input = (node: Node, index: number): Value => {
  const value = node.inputs[index];
  if (value === undefined) throw new TypeError(`${node.opType} lacks input ${index}`);
  return value;
};

const ints = (e: ModelEdit, values: readonly number[], dims = [values.length]): Value =>
  e.addConstant(e.freshName('unfused'), int64Tensor(dims, values));

const number = (e: ModelEdit, value: number): Value =>
  e.addConstant(e.freshName('unfused'), float32Tensor([], [value]));

/** Inputs: x [B, S, I], W [I, 3 H], b [3 H], mask [B, T] or lengths [B], –, bias added to the scores. */
const attention: Form = (e, node) => {
  const product = e.op('MatMul', [input(node, 0), input(node, 1)]);
  const bias = node.inputs[2];
  const joined = bias === undefined ? product : e.op('Add', [product, bias]);
  const { outputs } = e.addNode('Split', [joined], {
    outputs: 3,
    attributes: { axis: intAttribute(-1), num_outputs: intAttribute(3) },
  });
  return attended(e, node, outputs as readonly Value[]);
};

/** Inputs: Q [B, S, H], K and V [B, T, H], their biases one after another, –, bias added to the scores. */
const multiHeadAttention: Form = (e, node) => {
  const given = [0, 1, 2].map((index) => input(node, index));
  const bias = node.inputs[3];
  if (bias === undefined) return attended(e, node, given);
  const { outputs } = e.addNode('Split', [bias], {
    outputs: 3,
    attributes: { axis: intAttribute(0), num_outputs: intAttribute(3) },
  });
  return attended(
    e,
    node,
    given.map((value, i) => e.op('Add', [value, outputs[i]])),
  );
};

function attended(e: ModelEdit, node: Node, parts: readonly Value[]): Value {
  const heads = attributeInt(node, 'num_heads', 1);
  const [q, k, v] = parts.map((part) =>
    e.op('Transpose', [e.op('Reshape', [part, ints(e, [0, 0, heads, -1])])], {
      perm: intsAttribute([0, 2, 1, 3]),
    }),
  );
  const turned = e.op('Transpose', [k], { perm: intsAttribute([0, 1, 3, 2]) });
  let scores = e.op('Mul', [e.op('MatMul', [q, turned]), scaleOf(e, node, q)]);
  const low = number(e, attributeFloat(node, 'mask_filter_value', -10_000));
  const added = node.inputs[5];
  if (added !== undefined) scores = e.op('Add', [scores, added]);
  const mask = node.opType === 'Attention' ? node.inputs[3] : undefined;
  if (mask !== undefined) scores = e.op('Add', [scores, maskOf(e, mask, k, low)]);
  if (attributeInt(node, 'unidirectional', 0) === 1)
    scores = e.op('Add', [scores, causalMask(e, scores, low)]);
  const shares = e.op('Softmax', [scores], { axis: intAttribute(-1) });
  const mixed = e.op('Transpose', [e.op('MatMul', [shares, v])], {
    perm: intsAttribute([0, 2, 1, 3]),
  });
  return e.op('Reshape', [mixed, ints(e, [0, 0, -1])]);
}

/** The attribute, or 1 / √D. */
function scaleOf(e: ModelEdit, node: Node, q: Value | undefined): Value {
  const given = attributeFloat(node, 'scale', 0);
  if (given !== 0) return number(e, given);
  const size = e.op('Shape', [q], { start: intAttribute(3) });
  const root = e.op('Sqrt', [e.op('Cast', [size], { to: intAttribute(1) })]);
  return e.op('Reciprocal', [root]);
}

/** 0 where a position counts, `low` where it does not: from 1 and 0 per position [B, T], or from the lengths [B] of the sequences. */
function maskOf(e: ModelEdit, mask: Value, k: Value | undefined, low: Value): Value {
  const asFloat = (value: Value): Value => e.op('Cast', [value], { to: intAttribute(1) });
  const counts = rankOf(mask) === 1 ? asFloat(withinLength(e, mask, k)) : asFloat(mask);
  const hidden = e.op('Mul', [e.op('Sub', [number(e, 1), counts]), low]);
  return e.op('Unsqueeze', [hidden, ints(e, [1, 2])]);
}

function withinLength(e: ModelEdit, lengths: Value, k: Value | undefined): Value {
  const size = e.op('Gather', [e.op('Shape', [k]), ints(e, [2], [])]);
  const places = e.op('Range', [ints(e, [0], []), size, ints(e, [1], [])]);
  const long = e.op('Unsqueeze', [e.op('Cast', [lengths], { to: intAttribute(7) }), ints(e, [1])]);
  return e.op('Less', [e.op('Unsqueeze', [places, ints(e, [0])]), long]);
}

/** Positions see what came before them: the last of the queries stands at the last of the keys. */
function causalMask(e: ModelEdit, scores: Value, low: Value): Value {
  const shape = e.op('Shape', [scores], { start: intAttribute(2) });
  const all = e.op('Expand', [low, shape]);
  return e.op('Trilu', [all, ints(e, [1], [])], { upper: intAttribute(1) });
}

/** Inputs: ids and segments [B, S], tables of words, positions and segments, γ, β, –, positions [B, S]. */
const embedding: Form = (e, node) => {
  const ids = input(node, 0);
  const [segments, segmentTable, positions] = [1, 4, 8].map((index) => node.inputs[index]);
  const size = e.op('Gather', [e.op('Shape', [ids]), ints(e, [1], [])]);
  const places = positions ?? e.op('Range', [ints(e, [0], []), size, ints(e, [1], [])]);
  let sum = e.op('Add', [
    e.op('Gather', [input(node, 2), ids]),
    e.op('Gather', [input(node, 3), places]),
  ]);
  if (segments !== undefined && segmentTable !== undefined)
    sum = e.op('Add', [sum, e.op('Gather', [segmentTable, segments])]);
  return e.op('LayerNormalization', [sum, input(node, 5), input(node, 6)], {
    epsilon: floatAttribute(attributeFloat(node, 'epsilon', 1e-12)),
  });
};

const rankOf = ({ type, producer }: Value): number | undefined => {
  if (producer?.opType === 'EmbedLayerNormalization' && producer.domain === 'com.microsoft')
    return 1;
  return type?.kind === 'tensor' ? type.dims?.length : undefined;
};
