/**
 * What is minimized: a weighted sum of losses, each on an output or on values inside (hints). As data, so that a recipe can hold it; built
 * into the training graph by `buildObjective`.
 */
export interface Objective {
  readonly terms: readonly ObjectiveTerm[];
}

export type ObjectiveTerm =
  /** Hard labels; `smoothing` spreads that share evenly over all classes (Szegedy et al. 2016). Classes are on the last axis, or on axis 1 of [N, C]. */
  | {
      readonly kind: 'cross-entropy';
      readonly output: string;
      readonly weight: number;
      readonly smoothing: number;
    }
  /** T² · KL(softmax(teacher / T) ‖ softmax(student / T)) over the last axis (Hinton, Vinyals & Dean 2015). */
  | {
      readonly kind: 'soft-labels';
      readonly output: string;
      readonly weight: number;
      readonly temperature: number;
    }
  /** Mean squared error, divided by the teacher's variance so that outputs of any scale weigh alike. */
  | { readonly kind: 'mse'; readonly output: string; readonly weight: number }
  /** 1 - cosine similarity over the last axis: embeddings. */
  | { readonly kind: 'cosine'; readonly output: string; readonly weight: number }
  /** MSE between a value inside the student and one inside the teacher (Romero et al. 2015, FitNets); where their channels differ, a learned 1×1 map that is thrown away afterwards. */
  | {
      readonly kind: 'hint';
      readonly student: string;
      readonly teacher: string;
      readonly weight: number;
    };
