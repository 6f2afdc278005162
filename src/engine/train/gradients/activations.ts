import { attributeFloat, attributeString, type ModelEdit, type Value } from '../../graph/index.ts';
import { add, indicator, mul, scalar, scaled, sub, unbroadcast } from './expressions.ts';
import { unary } from './pointwise-forms.ts';
import type { GradientContext, GradientRule } from './rule.ts';

/** Gradients of the activations that are not in elementwise.ts. */

/**
 * Gelu (Hendrycks & Gimpel 2016). Exact: y = x Φ(x), slope Φ(x) + x φ(x) of the normal
 * distribution. With approximate = "tanh": y = x/2 (1 + tanh u(x)), see `tanhGeluSlope`.
 */
export const geluGradient: GradientRule = unary((edit, x, _y, { node }) =>
  attributeString(node, 'approximate', 'none') === 'tanh'
    ? tanhGeluSlope(edit, x)
    : exactGeluSlope(edit, x),
);

/** Φ(x) + x φ(x), Φ(x) = (1 + erf(x/√2)) / 2, φ(x) = e^(-x²/2) / √(2π). */
export function exactGeluSlope(edit: ModelEdit, x: Value): Value {
  const erf = edit.op('Erf', [scaled(edit, x, Math.SQRT1_2)]);
  const cumulative = scaled(edit, add(edit, erf, scalar(edit, 1)), 0.5);
  const bell = edit.op('Exp', [scaled(edit, mul(edit, x, x), -0.5)]);
  const density = scaled(edit, bell, 1 / Math.sqrt(2 * Math.PI));
  return add(edit, cumulative, mul(edit, x, density));
}

/**
 * u = √(2/π) (x + 0.044715 x³), t = tanh u:
 * (1 + t)/2 + x/2 (1 - t²) √(2/π) (1 + 3 · 0.044715 x²).
 */
export function tanhGeluSlope(edit: ModelEdit, x: Value): Value {
  const rate = Math.sqrt(2 / Math.PI);
  const cubic = 0.044715;
  const one = scalar(edit, 1);
  const square = mul(edit, x, x);
  const u = mul(edit, scaled(edit, x, rate), add(edit, one, scaled(edit, square, cubic)));
  const t = edit.op('Tanh', [u]);
  const inner = scaled(edit, add(edit, one, scaled(edit, square, 3 * cubic)), rate / 2);
  const bend = mul(edit, mul(edit, x, sub(edit, one, mul(edit, t, t))), inner);
  return add(edit, scaled(edit, add(edit, one, t), 0.5), bend);
}

/** y = x · σ(αx): σ + α y (1 - σ), σ taken anew. */
export function swishSlope(edit: ModelEdit, x: Value, y: Value, alpha: number): Value {
  const gate = edit.op('Sigmoid', [scaled(edit, x, alpha)]);
  return add(edit, gate, mul(edit, scaled(edit, y, alpha), sub(edit, scalar(edit, 1), gate)));
}

/** α (e^x - 1) for x ≤ 0: there the slope is y + α, elsewhere 1. */
export const eluGradient: GradientRule = unary((edit, x, y, { node }) =>
  exponentialSlope(edit, x, y, attributeFloat(node, 'alpha', 1), 1),
);

/** γ times an Elu; the defaults are those of Klambauer et al. 2017 as ONNX writes them. */
export const seluGradient: GradientRule = unary((edit, x, y, { node }) => {
  const alpha = attributeFloat(node, 'alpha', 1.67326319217681884765625);
  const gamma = attributeFloat(node, 'gamma', 1.05070102214813232421875);
  return exponentialSlope(edit, x, y, alpha * gamma, gamma);
});

/** `slope` where x > 0, y + `floor` elsewhere. */
function exponentialSlope(
  edit: ModelEdit,
  x: Value,
  y: Value,
  floor: number,
  slope: number,
): Value {
  const positive = edit.op('Greater', [x, scalar(edit, 0)]);
  return edit.op('Where', [positive, scalar(edit, slope), add(edit, y, scalar(edit, floor))]);
}

/** y = max(0, x) + min(0, α (e^(x/α) - 1)): e^(min(0, x)/α). */
export const celuGradient: GradientRule = unary((edit, x, _y, { node }) => {
  const alpha = attributeFloat(node, 'alpha', 1);
  return edit.op('Exp', [scaled(edit, edit.op('Min', [x, scalar(edit, 0)]), 1 / alpha)]);
});

export const softplusGradient: GradientRule = unary((edit, x) => edit.op('Sigmoid', [x]));

/** y = x / (1 + |x|): (1 - |y|)². */
export const softsignGradient: GradientRule = unary((edit, _x, y) => {
  const rest = sub(edit, scalar(edit, 1), edit.op('Abs', [y]));
  return mul(edit, rest, rest);
});

/** y = x · t with t = tanh(softplus x): t + x (1 - t²) σ(x). */
export const mishGradient: GradientRule = unary((edit, x) => {
  const t = edit.op('Tanh', [edit.op('Softplus', [x])]);
  const rest = sub(edit, scalar(edit, 1), mul(edit, t, t));
  return add(edit, t, mul(edit, mul(edit, x, rest), edit.op('Sigmoid', [x])));
});

export const thresholdedReluGradient: GradientRule = unary((edit, x, _y, { node }) =>
  indicator(edit, edit.op('Greater', [x, scalar(edit, attributeFloat(node, 'alpha', 1))])),
);

/** y = x for x > 0 and slope · x elsewhere; the slope is broadcast to x. */
export const preluGradient: GradientRule = (context: GradientContext) => {
  const { edit, dy, dims, needs } = context;
  const x = context.input(0);
  const slope = context.input(1);
  const zero = scalar(edit, 0);
  const dx = (): Value => {
    const positive = indicator(edit, edit.op('Greater', [x, zero]));
    const rest = mul(edit, positive, sub(edit, scalar(edit, 1), slope));
    return mul(edit, dy, add(edit, rest, slope));
  };
  const dSlope = (): Value => mul(edit, dy, edit.op('Min', [x, zero]));
  return [
    needs(0) ? dx() : undefined,
    needs(1) ? unbroadcast(edit, dSlope(), dims(context.y), dims(slope)) : undefined,
  ];
};
