import { add, div, mul, scalar, scaled, sub } from '../gradients/expressions.ts';
import type { Optimizer } from './optimizer.ts';

export interface AdamWOptions {
  /** Decay of the mean of gradients. Default 0.9. */
  readonly beta1?: number;
  /** Decay of the mean of their squares. Default 0.999. */
  readonly beta2?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
  /** λ, decoupled from the gradient; times the learning rate, as deep learning libraries have it. */
  readonly weightDecay: number;
}

/**
 * Adam with decoupled weight decay (Kingma & Ba 2015; Loshchilov & Hutter 2019), t from 1:
 *   m ← β₁ m + (1 - β₁) g,   v ← β₂ v + (1 - β₂) g²,
 *   w ← w - lr · ( m / (1 - β₁ᵗ) / (√(v / (1 - β₂ᵗ)) + ε) + λ w ).
 * The corrections of the bias depend on the step alone and are fed: 1 / (1 - β₁ᵗ) and 1 / √(1 - β₂ᵗ).
 */
export function adamw(options: AdamWOptions): Optimizer {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay } = options;
  return {
    state: ['mean', 'square'],
    scalars: {
      'mean correction': (step) => 1 / (1 - beta1 ** (step + 1)),
      'square correction': (step) => 1 / Math.sqrt(1 - beta2 ** (step + 1)),
    },
    update({ edit, weight, gradient, state, learningRate, scalar: fed, decays }) {
      const [mean, square] = state;
      if (mean === undefined || square === undefined) throw new Error('AdamW keeps two tensors');
      const nextMean = add(edit, scaled(edit, mean, beta1), scaled(edit, gradient, 1 - beta1));
      const squared = mul(edit, gradient, gradient);
      const nextSquare = add(edit, scaled(edit, square, beta2), scaled(edit, squared, 1 - beta2));
      const root = mul(edit, edit.op('Sqrt', [nextSquare]), fed('square correction'));
      const rate = mul(edit, learningRate, fed('mean correction'));
      const move = mul(edit, div(edit, nextMean, add(edit, root, scalar(edit, epsilon))), rate);
      const kept =
        decays && weightDecay !== 0
          ? mul(edit, weight, sub(edit, scalar(edit, 1), scaled(edit, learningRate, weightDecay)))
          : weight;
      return { weight: sub(edit, kept, move), state: [nextMean, nextSquare] };
    },
  };
}
