/**
 * How long and how often to run (design §5.3, platform.md A9). `full` is for numbers that are kept; `quick` answers a moving
 * slider within about 0.6 s and says so by its wider interval.
 */
export interface LatencyProtocol {
  /** Warm-up goes on for at least this long and `warmRuns` runs, until the last three differ by less than 10 %. */
  readonly warmMs: number;
  readonly warmRuns: number;
  /** Warm-up ends here even if it never gets steady. */
  readonly warmCapMs: number;
  /** A sample is as many runs as take this long, so that the clock's grain does not matter. */
  readonly sampleMs: number;
  /** Rounds: each times the reference, every variant, and the reference again. */
  readonly minRounds: number;
  /** Rounds go on until each arm was timed for this long … */
  readonly minArmMs: number;
  /** … but end after this long in all (once there are `fewestRounds`). */
  readonly capMs: number;
  readonly fewestRounds: number;
}

export const latencyProtocols = {
  full: {
    warmMs: 300,
    warmRuns: 3,
    warmCapMs: 3000,
    sampleMs: 20,
    minRounds: 30,
    minArmMs: 2000,
    capMs: 20_000,
    fewestRounds: 6,
  },
  quick: {
    warmMs: 30,
    warmRuns: 2,
    warmCapMs: 80,
    sampleMs: 5,
    minRounds: 11,
    minArmMs: 100,
    capMs: 400,
    fewestRounds: 3,
  },
} as const satisfies Record<string, LatencyProtocol>;

/** Fewer rounds than this are said to be few. */
export const fewRounds = 10;
