import type { PlainError, Recipe } from '../engine/forms.ts';
import type {
  DeviceInfo,
  Evaluation,
  ExportReply,
  LayersReply,
  OpenedData,
  OpenedModel,
  PredictionsReply,
  RecipePlan,
  Settings,
  SoftLabels,
  Wanted,
  WeightsReply,
} from '../worker/protocol.ts';
import type { Continuation } from './continuation.ts';
import { type Job, idle } from './job.ts';
import { emptyHistory, type History } from './history.ts';
import type { StudentFiles } from './student-files.ts';
import type { Training } from './training.ts';

/**
 * Everything the page knows, one sentence of meaning per piece. Written only by the controllers beside this file;
 * components select from it. What was *asked* (recipe, settings) and what is *shown* (points, each with its own recipe and settings)
 * are kept apart: charts and figures read points, never the sliders.
 */
export interface StudioState {
  readonly view: 'start' | 'studio';

  // --- what is open
  /** Where the open model came from; enough to open it again after a reload. */
  readonly source: ModelSource | undefined;
  /** The model that is open, as the worker described it. */
  readonly model: OpenedModel | undefined;
  /** The model's file waits for external data files that were not dropped with it. */
  readonly waitingFor:
    | { readonly files: readonly File[]; readonly missing: readonly string[] }
    | undefined;
  /** The data that is open; undefined until the worker answered. */
  readonly data: OpenedData | undefined;
  /** Students brought along for `distill` steps, each as its files. */
  readonly students: readonly StudentFiles[];
  readonly device: DeviceInfo | undefined;
  /** Sample sets and models that come with the studio. */
  readonly samples: Loadable<readonly Sample[]>;

  // --- what was asked
  /** The recipe on screen: what the dials say, with its undo history. */
  readonly history: History<Recipe>;
  /** Options of the last prune or quantize step that was dialled down to nothing, so that dialling up brings them back. */
  readonly remembered: Readonly<Record<string, Recipe['steps'][number]>>;
  readonly settings: Settings;
  /** Exact figures for a recipe (perhaps not yet the newest one: it names its own). */
  readonly plan: RecipePlan | undefined;
  /** Why the recipe as a whole could not be planned. */
  readonly planError: PlainError | undefined;

  // --- what is shown
  /** Every variant measured so far, the original (empty recipe) included, in the order they were first measured. */
  readonly points: readonly Point[];
  readonly predictions: Loadable<PredictionsReply & { readonly variantId: string }>;
  readonly layers: Loadable<LayersReply & { readonly variantId: string }>;
  readonly weights: Loadable<WeightsReply & { readonly recipe: Recipe }>;
  /** The training that runs, or the curves of the one that belongs to the recipe on screen. */
  readonly training: Training | undefined;
  /** The original's logits on a few samples, to be softened by the page. */
  readonly softLabels: Loadable<SoftLabels>;
  /** The text that both models went on with last. */
  readonly continuation: Continuation | undefined;
  /** Which part of the studio a phone shows. */
  readonly part: PartId;
  /** Which chart is in view. */
  readonly chart: ChartId;
  readonly exported: Loadable<ExportReply & { readonly point: Point }>;

  // --- work
  /** What the person waits for. */
  readonly job: Job;
  /** What is measured unasked while nobody waits: it gives way at once. */
  readonly background: Background;
  readonly notices: readonly Notice[];

  readonly preferences: Preferences;
}

export type PartId = 'recipe' | 'charts' | 'samples';
export type ChartId = 'trade-off' | 'sweep' | 'layers' | 'weights' | 'training' | 'text';

export interface Preferences {
  readonly language: Language;
  readonly theme: Theme;
}
export type Language = 'en' | 'ko';
export type Theme = 'system' | 'light' | 'dark';

export type ModelSource =
  | { readonly kind: 'sample'; readonly sample: string }
  | { readonly kind: 'files'; readonly files: readonly File[]; readonly data: readonly File[] };

/** A row of `samples/index.json`, addresses resolved. */
export interface Sample {
  readonly name: string;
  readonly title: Readonly<Record<Language, string>>;
  readonly description: Readonly<Record<Language, string>>;
  readonly modelUrl: string;
  readonly dataUrl: string;
  readonly pictureUrl: string | undefined;
  readonly sizeBytes: number;
  /** Top-1 on the full test set, 0..1, as recorded when the model was trained. */
  readonly accuracy: number | undefined;
  /** Of a language model, on the texts held out. */
  readonly perplexity: number | undefined;
  readonly params: number | undefined;
}

/** One measured variant. */
export interface Point {
  /** `recipeKey` of its recipe and the conditions it was measured under: one point per key. */
  readonly key: string;
  readonly origin: 'user' | 'sweep' | 'restored';
  readonly evaluation: Evaluation;
  /** `quick`: short latency protocol. `full`: the whole one, with the noise of A against A. */
  readonly protocol: 'quick' | 'full';
  /** The worker still holds the variant: its predictions, layers and file can be asked for. */
  readonly live: boolean;
  /** What was asked for and has been measured to the end (partial results are in `evaluation` before). */
  readonly measured: readonly Wanted[];
}

export type Background =
  | { readonly kind: 'idle' }
  | {
      readonly kind: 'running';
      readonly what: 'sweep' | 'refine';
      readonly done: number;
      readonly total: number;
    };

export type Loadable<T> =
  | { readonly kind: 'none' }
  /** `before` is what was shown until now: it stays on screen, dimmed. */
  | { readonly kind: 'loading'; readonly before: T | undefined }
  | { readonly kind: 'ready'; readonly value: T }
  | { readonly kind: 'failed'; readonly error: PlainError };

/** Something the person must be told, until they dismiss it. */
export type Notice = { readonly id: number } & (
  | {
      readonly kind: 'error';
      readonly about: 'open' | 'data' | 'student' | 'recipe' | 'export' | 'settings';
      readonly error: PlainError;
    }
  | { readonly kind: 'replaced'; readonly reason: 'hung' | 'died' | 'out-of-memory' }
  | { readonly kind: 'storage-full' }
  | { readonly kind: 'ignored'; readonly keys: readonly string[] }
  | { readonly kind: 'recipe-waits' }
  | { readonly kind: 'removed'; readonly method: string }
  | { readonly kind: 'unused-files'; readonly names: readonly string[] }
);

export const emptyRecipe: Recipe = { version: 1, seed: 0, steps: [] };

export const defaultSettings: Settings = { backend: 'wasm', threads: 1, samples: 1000, dims: {} };

export const initialState = (preferences: Preferences): StudioState => ({
  view: 'start',
  source: undefined,
  model: undefined,
  waitingFor: undefined,
  data: undefined,
  students: [],
  device: undefined,
  samples: { kind: 'none' },
  history: emptyHistory(emptyRecipe),
  remembered: {},
  settings: defaultSettings,
  plan: undefined,
  planError: undefined,
  points: [],
  predictions: { kind: 'none' },
  layers: { kind: 'none' },
  weights: { kind: 'none' },
  training: undefined,
  softLabels: { kind: 'none' },
  continuation: undefined,
  part: 'recipe',
  chart: 'trade-off',
  exported: { kind: 'none' },
  job: idle,
  background: { kind: 'idle' },
  notices: [],
  preferences,
});

export const shown = <T>(loadable: Loadable<T>): T | undefined =>
  loadable.kind === 'ready'
    ? loadable.value
    : loadable.kind === 'loading'
      ? loadable.before
      : undefined;
