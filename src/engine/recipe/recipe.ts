/** A recipe file, version 1 (design §5.2). Steps are kept as parsed by each method's own schema. */
export interface Recipe {
  readonly version: 1;
  readonly seed: number;
  readonly steps: readonly Step[];
}

/** One technique with its options. `off` keeps a step in the list without running it. */
export interface Step {
  readonly method: string;
  readonly off?: boolean;
  readonly [option: string]: unknown;
}
