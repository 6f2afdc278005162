/** The learning rate of a step; computed outside the graph and fed in. */
export type Schedule = (step: number) => number;

export interface CosineOptions {
  readonly peak: number;
  readonly steps: number;
  /** Steps of linear warm-up from peak / warmup. */
  readonly warmup: number;
  /** The rate at the end. */
  readonly floor: number;
}

/**
 * Linear warm-up, then half a cosine down to the floor (Loshchilov & Hutter 2017, without
 * restarts).
 */
export function cosineSchedule({ peak, steps, warmup, floor }: CosineOptions): Schedule {
  return (step) => {
    if (step < warmup) return (peak * (step + 1)) / warmup;
    const progress = Math.min(1, (step - warmup) / Math.max(1, steps - warmup));
    return floor + 0.5 * (peak - floor) * (1 + Math.cos(Math.PI * progress));
  };
}

/**
 * The decay of a moving average of weights: grows with the steps, so that the average forgets the
 * random start (TensorFlow's ExponentialMovingAverage: min(decay, (1 + t) / (10 + t))).
 */
export const averageDecay =
  (decay: number): Schedule =>
  (step) =>
    Math.min(decay, (1 + step) / (10 + step));

export interface WarmedOptions {
  readonly peak: number;
  readonly steps: number;
  /** Steps of linear warm-up from peak / warmup. */
  readonly warmup: number;
}

/** Linear warm-up, then a tenth after half of the steps and a hundredth after three quarters (He et al. 2016). */
export function stepSchedule({ peak, steps, warmup }: WarmedOptions): Schedule {
  return (step) => {
    if (step < warmup) return (peak * (step + 1)) / warmup;
    if (step < steps / 2) return peak;
    return step < (3 * steps) / 4 ? peak / 10 : peak / 100;
  };
}

/** Linear warm-up, then the peak. */
export const constantSchedule =
  ({ peak, warmup }: Omit<WarmedOptions, 'steps'>): Schedule =>
  (step) =>
    step < warmup ? (peak * (step + 1)) / warmup : peak;
