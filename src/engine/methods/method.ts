import type * as v from 'valibot';
import type { Result, Rng, Task } from '../core/index.ts';
import type { Model } from '../graph/index.ts';
import type { BackendId, Feeds, Runtime } from '../runtime/index.ts';
import type { LearningData, TrainingHost } from '../train/index.ts';
import type { ShapeMap, WeightSite, WeightStatistics } from '../analysis/index.ts';

export type { WeightSite, WeightStatistics };

/**
 * The contract of a technique. A technique is a folder: `options.ts` (valibot schema, defaults, form fields as data),
 * `plan.ts` (what would be done, exact numbers, or a refusal with its reason), `apply.ts` (does it, decides nothing), `index.ts` (the row).
 * The form in the studio, the command line and the recipe file all come from `options.ts`.
 */
export interface Method<Options extends { method: string } = { method: string }, Plan = unknown> {
  readonly id: Options['method'];
  readonly schema: v.GenericSchema<unknown, Options>;
  /** Form fields in the order shown; labels are dictionary keys resolved by the app. */
  readonly fields: readonly Field[];
  /** What `plan` and `apply` need besides the model. */
  readonly needs: readonly Need[];
  /**
   * Pure and quick (≤ 100 ms at 25 M parameters once `context.statistics` are warm): decides everything.
   * A refusal is an EngineError `method/refused` that names the node and the reason.
   */
  plan(model: Model, options: Options, context: PlanContext): Result<Planned<Plan>>;
  /** Carries the plan out. May run the model (calibration); breathes; reports progress. */
  apply(
    model: Model,
    planned: Planned<Plan>,
    options: Options,
    context: ApplyContext,
  ): Promise<Model>;
  /**
   * For a step that rounds numbers: its dress rehearsal, so that training can see the rounding (quantization-aware training, Jacob et al. 2018).
   * Absent: nothing can be learnt through this step, and `recover` after it works on what it left in float.
   */
  rehearse?(
    model: Model,
    planned: Planned<Plan>,
    options: Options,
    context: ApplyContext,
  ): Promise<Rehearsal>;
}

export interface Rehearsal {
  /** The float model whose weights learn and that the step is applied to again: the one given, or the form of it that the step rounds. */
  readonly float: Model;
  /** Computes what the applied step would, differentiably; every constant of `float` lies in it under the same name, in float32. */
  readonly model: Model;
  /** Bits of the coarsest grid: how far the rounded model is from the float one, and how boldly it may learn. */
  readonly bits: number;
}

export type Need = 'shapes' | 'calibration' | 'training';

export interface Planned<Plan> {
  readonly plan: Plan;
  /** Exact figures of the result, where the method can tell without applying; undefined fields are not known yet. */
  readonly predicted: Predicted;
  /** What it does, in numbers: fills the line on the step's card ("removed 412 of 1,376 channels"). */
  readonly summary: Readonly<Record<string, number | string>>;
  /**
   * The graph that `apply` would give: right structure, types, dims and byte sizes, with virtual weights that must not be
   * read as numbers. Lets later steps be planned, and sizes be exact, before any weight has been touched.
   */
  readonly preview?: () => Model;
  /** Shapes of the preview's values, where the method knows them from those it was given. */
  readonly previewShapes?: () => ShapeMap | undefined;
  /** Parts left alone, and why: shown to the user. */
  readonly skipped: readonly Skipped[];
}

export interface Predicted {
  readonly params?: number;
  readonly nonzeroParams?: number;
  /** Change of the file's bytes: exact size of the written file = bytes of the input model + this. */
  readonly weightBytes?: number;
  readonly macs?: number;
}

export interface Skipped {
  /** Name of the node or tensor. */
  readonly name: string;
  readonly opType: string;
  readonly reason: string;
}

/** Facts that planning may read; computed once per model and kept (analysis/statistics.ts). */
export interface PlanContext {
  readonly shapes: ShapeMap | undefined;
  readonly statistics: WeightStatistics;
  readonly backend: BackendId;
  readonly rng: Rng;
  /** Further models that were opened, for steps that name one; absent: none. */
  readonly models?: ModelShelf | undefined;
}

/** A model file that a step names: what it is called, and the SHA-256 of its bytes in hexadecimal where that is written down. */
export interface ModelReference {
  readonly file: string;
  readonly sha256?: string | undefined;
}

/** The model behind a name; undefined: it is not open, or its bytes are others. */
export type ModelShelf = (reference: ModelReference) => Model | undefined;

export interface ApplyContext extends PlanContext {
  readonly task: Task;
  /** A runtime for calibration; undefined where none is at hand (a method that needs one refuses). */
  readonly runtime: Runtime | undefined;
  /** Calibration batches, already preprocessed, never from the measuring split. */
  readonly calibration: AsyncIterable<Feeds> | undefined;
  /** For steps that train; undefined where the method does not need it. */
  readonly learning: Learning | undefined;
}

/** What a step that trains gets besides the model. */
export interface Learning {
  /** The model the recipe started from: the teacher. */
  readonly original: Model;
  /** For inputs of `original`; undefined where no data is open: a method that needs some refuses. */
  readonly data: LearningData | undefined;
  readonly host: TrainingHost;
  /** Names this step among checkpoints: model, data, and the recipe up to and with the step. */
  readonly key: string;
  /** Fresh calibration batches, for steps that are rehearsed. */
  calibration(model: Model): AsyncIterable<Feeds> | undefined;
  /** The steps just before this one that rounded weights; undefined: the weights of the model are float. */
  readonly rounded: Rounded | undefined;
}

/** Float weights behind a model whose weights were rounded, and the steps that rounded them. */
export interface Rounded {
  readonly float: Model;
  readonly steps: readonly {
    readonly method: Method;
    readonly options: { readonly method: string };
  }[];
  /** The float weights have been trained: a later step starts from these. */
  replaceFloat(float: Model): void;
}

export type Field =
  | {
      readonly kind: 'slider';
      readonly key: string;
      readonly min: number;
      readonly max: number;
      readonly step: number;
      readonly unit: 'percent' | 'bits' | 'count' | 'none';
      readonly advanced?: boolean;
    }
  | {
      readonly kind: 'choice';
      readonly key: string;
      readonly values: readonly (string | number)[];
      readonly advanced?: boolean;
    }
  | { readonly kind: 'toggle'; readonly key: string; readonly advanced?: boolean };
