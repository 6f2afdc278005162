import { attributeFloat, type ModelEdit, type Value } from '../../graph/index.ts';
import { exactGeluSlope, swishSlope, tanhGeluSlope } from './activations.ts';
import { add, mul, unbroadcast } from './expressions.ts';
import { fusedMatMulGradient } from './fused-product.ts';
import { normalize, normalizedGradient } from './layer-norms.ts';
import type { GradientContext, GradientRule, OperatorRule } from './rule.ts';

/**
 * Operators of the domain com.microsoft that ONNX Runtime's optimizer fuses and transformer files
 * are shipped with (onnxruntime/docs/ContribOperators.md).
 */

/** An activation of x + bias; the bias, the last axis long, may be left out. */
const biased =
  (slope: (edit: ModelEdit, x: Value) => Value): GradientRule =>
  (context) => {
    const { edit, node, dy, dims, needs } = context;
    const x = context.input(0);
    const bias = node.inputs[1];
    const dx = mul(edit, dy, slope(edit, bias === undefined ? x : add(edit, x, bias)));
    return [
      needs(0) ? dx : undefined,
      bias !== undefined && needs(1) ? unbroadcast(edit, dx, dims(x), dims(bias)) : undefined,
    ];
  };

const quickGeluGradient: GradientRule = ({ edit, node, dy, y, input }) => [
  mul(edit, dy, swishSlope(edit, input(0), y, attributeFloat(node, 'alpha', 1.702))),
];

/**
 * y = LayerNormalization or RMSNormalization of h = input + skip + bias over the last axis. Output
 * 3 is h itself, which the next residual connection reads.
 */
function skipGradient(
  context: GradientContext,
  slots: { readonly beta: number | undefined; readonly bias: number },
): readonly (Value | undefined)[] {
  const { edit, node, dy, dims, needs } = context;
  if (context.outputGradients[1] !== undefined || context.outputGradients[2] !== undefined)
    context.refuse('the gradient of the mean or the deviation');
  const shape = dims(context.y);
  const last = [shape.length - 1];
  const gamma = context.input(2);
  const centring = slots.beta !== undefined;
  const bias = node.inputs[slots.bias];
  const sum = add(edit, context.input(0), context.input(1));
  const h = bias === undefined ? sum : add(edit, sum, bias);
  const normalized = normalize(edit, h, last, attributeFloat(node, 'epsilon', 1e-12), centring);
  const dNorm = normalizedGradient(edit, normalized, mul(edit, dy, gamma), last, centring);
  const onward = context.outputGradients[3];
  const dh = onward === undefined ? dNorm : add(edit, dNorm, onward);
  const gradients: (Value | undefined)[] = node.inputs.map(() => undefined);
  const put = (slot: number | undefined, gradient: () => Value): void => {
    if (slot === undefined || !needs(slot)) return;
    gradients[slot] = unbroadcast(edit, gradient(), shape, dims(context.input(slot)));
  };
  put(0, () => dh);
  put(1, () => dh);
  put(2, () => mul(edit, dy, normalized.xHat));
  put(slots.beta, () => dy);
  put(slots.bias, () => dh);
  return gradients;
}

export const contribTable = {
  BiasGelu: { gradient: biased(exactGeluSlope), parameters: [1] },
  FastGelu: { gradient: biased(tanhGeluSlope), parameters: [1] },
  FusedMatMul: { gradient: fusedMatMulGradient, parameters: [0, 1] },
  Gelu: { gradient: biased(exactGeluSlope) },
  QuickGelu: { gradient: quickGeluGradient },
  SkipLayerNormalization: {
    gradient: (context) => skipGradient(context, { beta: 3, bias: 4 }),
    parameters: [2, 3, 4],
    parts: true,
  },
  SkipSimplifiedLayerNormalization: {
    gradient: (context) => skipGradient(context, { beta: undefined, bias: 3 }),
    parameters: [2, 3],
    parts: true,
  },
} as const satisfies Readonly<Record<string, OperatorRule>>;

export type ContribOperator = keyof typeof contribTable;
