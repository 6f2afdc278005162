/**
 * Everything that crosses the border between the page and the engine's worker, on one page.
 *
 *   page ──Request (id)──▶ studio worker ──RuntimeRequest──▶ runtime worker (ONNX Runtime; disposable)
 *        ◀─Reply / Progress / Event──      ◀──────────────
 *
 * The studio worker owns the bytes and does the graph work in small slices, so that it always answers; the runtime worker
 * blocks while ONNX Runtime runs and is killed to cancel or when its watchdog fires. The page holds ids and plain numbers only,
 * plus the dropped File objects, from which a replaced worker is filled again.
 */
import type {
  BackendId,
  GuessedPreprocess,
  LayerRow,
  LayerRun,
  Measurements,
  ModelSummary,
  PlainError,
  Predicted,
  Preprocess,
  Progress,
  Recipe,
  Sampling,
  Skipped,
  TextFacts,
  TrainingReport,
  ValidationPoint,
} from '../engine/index.ts';

/** What the studio worker can be asked; the reply's type stands beside the request's. */
export interface Calls {
  /** Opens a model from dropped files (the `.onnx` and external data files), replaces the model before. */
  'open-model': { request: { files: readonly File[] }; reply: OpenedModel | MissingFiles };
  /** Opens students of one's own for `distill` steps that name one; they stand in for those opened before. */
  'open-students': {
    request: { students: readonly (readonly File[])[] };
    reply: { students: readonly OpenedStudent[] };
  };
  /** Opens data: user files, or a bundled sample set by its URL (same origin). */
  'open-data': { request: DataSource; reply: OpenedData };
  'set-preprocess': { request: { preprocess: Preprocess }; reply: OpenedData };
  /** Backend, threads, sizes of dynamic dimensions, sample count. Replaces the runtime worker when it must. */
  configure: { request: Settings; reply: Settings };
  /** Exact figures of a recipe without carrying it out. Quick; never queues behind measuring. */
  plan: { request: { recipe: Recipe }; reply: RecipePlan };
  /**
   * Carries a recipe out and measures it. Partial results arrive as `evaluated` events while it runs. The empty recipe
   * evaluates the original. `wanted` says what to measure; `quick` uses the short latency protocol.
   */
  evaluate: { request: EvaluateRequest; reply: Evaluation };
  /**
   * Carries out a recipe that trains, as user work: minutes. Where it stands arrives as `training` messages while it runs. What was
   * trained before is taken up where its checkpoint left it; a finished training is kept, so that later calls only load it.
   */
  train: { request: { recipe: Recipe }; reply: TrainingLog };
  /** Holds, goes on with, or ends early (keeping the best weights) the training that runs; takes effect within one step. */
  'steer-training': { request: { command: TrainingCommand }; reply: Record<string, never> };
  /** How far a recipe's training steps have come, with their curves. */
  'training-log': { request: { recipe: Recipe }; reply: TrainingLog };
  /** Removes a recipe's checkpoints: its training starts over. */
  'forget-training': { request: { recipe: Recipe }; reply: Record<string, never> };
  /** The original's own outputs on real samples, for soft labels at any temperature; none where it gives no class scores. */
  'soft-labels': { request: { count: number }; reply: SoftLabels };
  /** Per-layer rows of the original and of a variant built before. */
  layers: { request: { variant: string; profile: boolean }; reply: LayersReply };
  /** Histogram of one weight, with what the recipe would do to it. */
  weights: { request: { recipe: Recipe; weight: string }; reply: WeightsReply };
  /** Real predictions side by side, disagreements first. */
  predictions: {
    request: { variant: string; offset: number; count: number };
    reply: PredictionsReply;
  };
  /**
   * Original and variant go on with a text, a token each in turn, as user work. The texts so far arrive as `generated` messages after every
   * token.
   */
  generate: { request: GenerateText; reply: GeneratedTexts };
  /** Writes, re-reads, loads, runs and compares; replies with the files only if all agrees. */
  export: { request: { variant: string }; reply: ExportReply };
  /** What the device has: WebGPU adapter, threads, isolation. */
  device: { request: Record<string, never>; reply: DeviceInfo };
}

export type CallName = keyof Calls;

export type Request = {
  [Name in CallName]: {
    readonly kind: 'call';
    readonly id: number;
    readonly name: Name;
    readonly body: Calls[Name]['request'];
  };
}[CallName];

export type FromPage =
  | Request
  | { readonly kind: 'cancel'; readonly id: number }
  | { readonly kind: 'ping'; readonly at: number }
  | { readonly kind: 'hidden'; readonly hidden: boolean };

export type ToPage =
  | { readonly kind: 'reply'; readonly id: number; readonly body: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly error: PlainError }
  | { readonly kind: 'progress'; readonly id: number; readonly progress: Progress }
  | { readonly kind: 'evaluated'; readonly id: number; readonly evaluation: Evaluation }
  | { readonly kind: 'training'; readonly id: number; readonly training: TrainingNow }
  | { readonly kind: 'generated'; readonly id: number; readonly generated: GeneratedTexts }
  | { readonly kind: 'pong'; readonly at: number }
  /** The runtime worker died or hung and was replaced; what was asked is retried or failed, as the reply tells. */
  | { readonly kind: 'runtime-replaced'; readonly reason: 'hung' | 'died' | 'out-of-memory' };

export interface OpenedModel {
  readonly name: string;
  /** Fingerprint: SHA-256 over sizes and the first and last 64 KB of the files, first 16 hex digits (nothing large is read). */
  readonly id: string;
  readonly summary: ModelSummary;
  /** Sizes chosen for dynamic dimensions, which the user can change: symbol or `input:axis` → size. */
  readonly dims: Readonly<Record<string, number>>;
  /** Names of weights the histogram can show, largest first. */
  readonly weights: readonly {
    readonly name: string;
    readonly count: number;
    readonly node: string;
  }[];
}

/** What a `distill` step writes down of a student that was brought along: `studentModel`. */
export interface OpenedStudent {
  readonly file: string;
  /** Of the `.onnx` file, in hexadecimal. */
  readonly sha256: string;
}

/** The model is sound as far as it goes, but names external data files that were not dropped with it. Nothing was opened. */
export interface MissingFiles {
  readonly missingFiles: readonly string[];
}

export type DataSource =
  | { readonly kind: 'sample'; readonly name: string; readonly url: string }
  | { readonly kind: 'files'; readonly files: readonly File[] }
  | { readonly kind: 'synthetic' };

export interface OpenedData {
  readonly name: string;
  readonly kind: 'images' | 'arrays' | 'text' | 'synthetic';
  readonly count: number;
  readonly labelled: boolean;
  readonly classes: readonly string[] | undefined;
  readonly guess: GuessedPreprocess;
  /** Sizes of the disjoint parts. */
  readonly split: { readonly measure: number; readonly calibration: number };
  /** Of text: how the model reads it. */
  readonly text?: TextFacts;
}

export interface Settings {
  readonly backend: BackendId;
  readonly threads: number;
  /** Labelled samples used for accuracy. */
  readonly samples: number;
  readonly dims: Readonly<Record<string, number>>;
}

export interface DeviceInfo {
  readonly cores: number;
  readonly maxThreads: number;
  readonly isolated: boolean;
  readonly webgpu: {
    readonly available: boolean;
    readonly adapter: string;
    readonly software: boolean;
    readonly float16: boolean;
  };
  readonly jspi: boolean;
}

/** One line per step of the recipe: what it would do, or why it refuses. Later steps are planned on the earlier steps' results. */
export interface RecipePlan {
  readonly recipe: Recipe;
  readonly predicted: PredictedFigures;
  readonly steps: readonly StepPlan[];
  readonly training: TrainingStand;
}
/**
 * Whether a recipe's training steps have run. `none`: it has no such step. `needed`: not yet. `started`: a checkpoint is kept, from which
 * training goes on. `trained`: all are finished, so that the recipe can be measured.
 */
export type TrainingStand = 'none' | 'needed' | 'started' | 'trained';
export interface PredictedFigures extends Predicted {
  /** Exact bytes of the file that would be written; undefined when it cannot be known before the step has run. */
  readonly sizeBytes: number | undefined;
}
export type StepPlan =
  | { readonly kind: 'off' }
  | {
      readonly kind: 'planned';
      readonly summary: Readonly<Record<string, number | string>>;
      readonly skipped: readonly Skipped[];
    }
  | { readonly kind: 'refused'; readonly error: PlainError }
  /** It cannot be planned before the model has been run once; ask again then. */
  | { readonly kind: 'waiting' };

export interface EvaluateRequest {
  readonly recipe: Recipe;
  readonly wanted: readonly Wanted[];
  readonly quick: boolean;
  /** A sweep's work gives way to anything the user asks. */
  readonly priority: 'user' | 'background';
}
export type Wanted = 'accuracy' | 'latency' | 'noise' | 'gzip' | 'profile';

/** A variant and what is known of it so far. `variant` is an id that stays valid for the life of the worker. */
export interface Evaluation {
  readonly variant: string;
  readonly recipe: Recipe;
  /** SHA-256 of the written bytes, first 16 hex digits. */
  readonly hash: string;
  readonly measurements: Measurements;
  /** Settings that the numbers were measured under. */
  readonly settings: Settings;
  readonly dataset: string | undefined;
  readonly steps: readonly StepPlan[];
}

export type TrainingCommand = 'pause' | 'go-on' | 'finish';

/** The training that runs. */
export interface TrainingNow {
  /** `pausing`, `finishing`: asked for; the step that runs is being waited for. */
  readonly state: 'running' | 'pausing' | 'paused' | 'finishing';
  readonly log: TrainingLog;
  /** Checkpoints cannot be stored (no room, storage forbidden): after a reload it starts over. */
  readonly unsaved: boolean;
}

/** The curves of a recipe's training steps, in order. Kept with the checkpoints, so that they survive a reload. */
export interface TrainingLog {
  readonly steps: readonly TrainingStepLog[];
}
export interface TrainingStepLog {
  /** Its place in the recipe, steps that are switched off included. */
  readonly step: number;
  readonly method: string;
  readonly finished: boolean;
  readonly student: TrainingCurves | undefined;
  /** The same student without the teacher, where the step asks for it. */
  readonly control: TrainingCurves | undefined;
}
export interface TrainingCurves {
  /** The newest report. */
  readonly report: TrainingReport;
  /** By step number; thinned evenly when there are many. */
  readonly loss: readonly LossPoint[];
  readonly validation: readonly ValidationPoint[];
}
export interface LossPoint {
  readonly step: number;
  readonly value: number;
}

export interface SoftLabels {
  readonly rows: readonly {
    readonly index: number;
    readonly image: PredictionRow['image'];
    readonly label: number | undefined;
    /** What the softmax is taken of; log-probabilities where the model ends in a softmax of its own. */
    readonly logits: Float32Array;
  }[];
}

export interface LayersReply {
  readonly original: readonly LayerRow[];
  readonly variant: readonly LayerRow[];
  /** Kernels that no layer answers for (layout changes, casts, fusions of many nodes); undefined where there are none. */
  readonly remainder: {
    readonly original: LayerRun | undefined;
    readonly variant: LayerRun | undefined;
  };
}

export interface WeightsReply {
  readonly weight: string;
  readonly dims: readonly number[];
  readonly count: number;
  /** Edges (n + 1) and counts (n) of the original values. */
  readonly edges: Float32Array;
  readonly before: Uint32Array;
  /** Counts after the recipe, where the weight still exists with this many elements. */
  readonly after: Uint32Array | undefined;
  /** |w| below this is set to zero by the recipe's pruning. */
  readonly threshold: number | undefined;
  /** Values a quantized weight can take (of the first channel or block), at most 256. */
  readonly grid: Float32Array | undefined;
  readonly zeros: { readonly before: number; readonly after: number | undefined };
}

export interface PredictionRow {
  readonly index: number;
  /** RGBA pixels to draw, where the sample is a picture. */
  readonly image:
    | { readonly width: number; readonly height: number; readonly rgba: Uint8ClampedArray }
    | undefined;
  /** The beginning of the sample, where it is text. */
  readonly text?: string;
  readonly label: number | undefined;
  readonly before: readonly ClassScore[];
  readonly after: readonly ClassScore[];
  /** Of a language model: the perplexity of this window alone. */
  readonly perplexity?: { readonly before: number; readonly after: number };
}
export interface ClassScore {
  readonly index: number;
  /** Softmax probability. */
  readonly score: number;
}
export interface PredictionsReply {
  readonly rows: readonly PredictionRow[];
  readonly total: number;
  /** Samples of another first class; of a language model, windows that it tells worse than before. */
  readonly disagreements: number;
  /** Per class: samples, correct before, correct after. */
  readonly perClass: readonly {
    readonly index: number;
    readonly samples: number;
    readonly before: number;
    readonly after: number;
  }[];
}

export interface GenerateText {
  /** An id; `original` for the original alone. */
  readonly variant: string;
  readonly prompt: string;
  /** Tokens to add, at most. */
  readonly tokens: number;
  readonly sampling: Sampling;
}
export interface GeneratedTexts {
  readonly original: GeneratedText;
  /** undefined where only the original was asked for. */
  readonly variant: GeneratedText | undefined;
}
export interface GeneratedText {
  /** What was added to the prompt so far. */
  readonly text: string;
  readonly tokens: number;
  /** At the pace of the median token so far; undefined before the first. */
  readonly tokensPerSecond: number | undefined;
}

export interface ExportReply {
  readonly files: readonly { readonly name: string; readonly blob: Blob }[];
  /** What the check found: largest difference between the re-read file's outputs and the variant's, over how many samples. */
  readonly verified: {
    readonly maxAbsDifference: number;
    readonly samples: number;
    readonly bytes: number;
    readonly sha256: string;
  };
}
