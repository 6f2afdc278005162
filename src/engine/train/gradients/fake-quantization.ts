import { attributeInt, type ModelEdit, type Value } from '../../graph/index.ts';
import { dtypeTable, elementCount, type DType } from '../../tensor/index.ts';
import {
  div,
  indicator,
  int64s,
  mul,
  range,
  reduceSum,
  reshapeLike,
  scalar,
  sub,
} from './expressions.ts';
import type { GradientContext, GradientRule } from './rule.ts';

/**
 * QuantizeLinear and DequantizeLinear with the straight-through estimator (Bengio et al. 2013, arXiv:1308.3432), each by itself, as if
 * the codes between them were real numbers:
 *
 *   q = clamp(round(x/s) + z)     dq/dx = m / s          dq/ds = -m · x / s²      m = 1 where q was not clamped, else 0
 *   y = (q - z) · s               dy/dq = s              dy/ds = q - z = y/s
 *
 * One after the other, dx = m · dy, and ds = dy · (round(x/s) - x/s) inside the range, dy · (limit - z) outside: the learned step size of
 * Esser et al. 2020 (arXiv:1902.08153, eq. 3). Rounding counts as inside as far as half a step beyond the last code.
 */
export const quantizeGradient: GradientRule = (context) => {
  const { edit, dy, needs } = context;
  const x = context.input(0);
  const scale = perChannel(context, context.input(1));
  const ratio = div(edit, x, scale);
  const dRatio = mul(edit, dy, notClamped(context, ratio));
  return [
    needs(0) ? div(edit, dRatio, scale) : undefined,
    needs(1)
      ? scaleGradient(context, mul(edit, dRatio, edit.op('Neg', [div(edit, ratio, scale)])))
      : undefined,
  ];
};

export const dequantizeGradient: GradientRule = (context) => {
  const { edit, dy, needs, y } = context;
  const scale = perChannel(context, context.input(1));
  return [
    needs(0) ? mul(edit, dy, scale) : undefined,
    needs(1) ? scaleGradient(context, mul(edit, dy, div(edit, y, scale))) : undefined,
  ];
};

/** A scale or zero point (of the dims of `like`) in a form that broadcasts against x: [C] → [C, 1, …]. */
function perChannel(context: GradientContext, value: Value, like = value): Value {
  const { edit, node, dims, refuse } = context;
  if (attributeInt(node, 'block_size', 0) > 0) refuse('scales per block');
  if (elementCount(dims(like)) === 1) return value;
  const rank = dims(context.input(0)).length;
  const behind = rank - 1 - channelAxis(context);
  if (behind === 0) return value;
  return edit.op('Unsqueeze', [
    value,
    int64s(
      edit,
      range(behind).map((i) => i + 1),
    ),
  ]);
}

function channelAxis(context: GradientContext): number {
  const rank = context.dims(context.input(0)).length;
  return (attributeInt(context.node, 'axis', 1) + rank) % rank;
}

function zeroPoint(context: GradientContext): Value | undefined {
  const zero = context.node.inputs[2];
  if (zero === undefined) return undefined;
  return perChannel(context, asFloat(context.edit, zero), zero);
}

/** Codes as numbers. A Cast would do, but for one from uint8 no WebGPU session can be created (ONNX Runtime 1.30). */
const asFloat = (edit: ModelEdit, codes: Value): Value =>
  edit.op('DequantizeLinear', [codes, scalar(edit, 1)]);

/** 1 where round(ratio) + zero lies within the codes: |ratio + zero - middle| ≤ half the range + ½. */
function notClamped(context: GradientContext, ratio: Value): Value {
  const { edit } = context;
  const [low, high] = codeRange(context);
  const zero = zeroPoint(context);
  const middle = scalar(edit, (low + high) / 2);
  const shift = zero === undefined ? middle : sub(edit, middle, zero);
  const distance = edit.op('Abs', [sub(edit, ratio, shift)]);
  return indicator(edit, edit.op('LessOrEqual', [distance, scalar(edit, (high - low) / 2 + 0.5)]));
}

/** The smallest and the largest code, from the type of the zero point or of the output; uint8 when neither is named. */
function codeRange({ node, y, refuse }: GradientContext): readonly [number, number] {
  const dtype: DType | undefined =
    node.inputs[2]?.constant?.dtype ?? declared(node.inputs[2]) ?? declared(y);
  if (dtype === undefined) {
    if (node.inputs[2] !== undefined || node.attributes.has('output_dtype'))
      return refuse('codes of a type that is not known');
    return [0, 255];
  }
  const { bits, kind } = dtypeTable[dtype];
  if (kind === 'int') return [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
  return kind === 'uint' ? [0, 2 ** bits - 1] : refuse(`codes of ${dtype}`);
}

const declared = (value: Value | undefined): DType | undefined =>
  value?.type?.kind === 'tensor' ? value.type.dtype : undefined;

/** Summed to the shape of the scale: over everything, or over all axes but the channel's. */
function scaleGradient(context: GradientContext, gradient: Value): Value {
  const { edit, dims } = context;
  const scale = context.input(1);
  const rank = dims(context.input(0)).length;
  const single = elementCount(dims(scale)) === 1;
  const axes = range(rank).filter((axis) => single || axis !== channelAxis(context));
  return reshapeLike(edit, reduceSum(edit, gradient, axes, false), scale);
}
