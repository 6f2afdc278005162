import { add, mul, scaled, sub } from '../gradients/expressions.ts';
import type { Optimizer } from './optimizer.ts';

export interface SgdOptions {
  readonly momentum: number;
  /**
   * Nesterov's form as in Sutskever et al. 2013, rewritten on the shifted weights (the usual one of
   * deep learning libraries).
   */
  readonly nesterov: boolean;
  /** L2 penalty added to the gradient of weights that decay. */
  readonly weightDecay: number;
}

/**
 * Stochastic gradient descent with momentum μ and L2 decay λ:
 *   g' = g + λ w,   v ← μ v + g',   w ← w - lr · (Nesterov: g' + μ v | plain: v).
 */
export function sgd(options: SgdOptions): Optimizer {
  const { momentum, nesterov, weightDecay } = options;
  const withMomentum = momentum !== 0;
  return {
    state: withMomentum ? ['velocity'] : [],
    update({ edit, weight, gradient, state, learningRate, decays }) {
      const decayed =
        decays && weightDecay !== 0
          ? add(edit, gradient, scaled(edit, weight, weightDecay))
          : gradient;
      const [velocity] = state;
      if (velocity === undefined)
        return { weight: sub(edit, weight, mul(edit, decayed, learningRate)), state: [] };
      const next = add(edit, scaled(edit, velocity, momentum), decayed);
      const direction = nesterov ? add(edit, decayed, scaled(edit, next, momentum)) : next;
      return { weight: sub(edit, weight, mul(edit, direction, learningRate)), state: [next] };
    },
  };
}
