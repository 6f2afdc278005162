import type { Rng } from '../core/index.ts';
import type { Feeds, RuntimeTensor } from '../runtime/index.ts';

/** Where batches come from. `rng` is for augmentation; a source without any ignores it. */
export interface BatchSource {
  readonly count: number;
  batch(indices: readonly number[], rng: Rng): Batch;
}

export interface Batch {
  /** The model's inputs by name. */
  readonly inputs: Feeds;
  /** int64 [batch], class indices; for token models int64 [batch, sequence]. */
  readonly labels: RuntimeTensor;
  /** Further inputs of the loss by name: what the teacher answered. */
  readonly targets?: Feeds;
}
