import type { Recipe, Step } from '../engine/forms.ts';
import type { Preprocess } from '../engine/index.ts';
import type { Settings, TrainingCommand } from '../worker/protocol.ts';
import type { ContinuationOrder } from './continuation.ts';
import type { StudentSize } from './student-dial.ts';
import type { ChartId, Language, PartId, Theme } from './state.ts';

/** What a person can do. Each action returns at once; what it leads to shows up in the state. */
export interface Actions {
  // --- opening
  /** Anything dropped or chosen: model, its external data, a recipe, data to measure on. */
  readonly openDropped: (files: readonly File[]) => void;
  readonly openSample: (name: string) => void;
  readonly openData: (files: readonly File[]) => void;
  readonly setPreprocess: (preprocess: Preprocess) => void;
  readonly loadSamples: () => void;
  readonly showStart: () => void;
  readonly showStudio: () => void;

  // --- the recipe; changes with the same gesture are one undo entry, `endGesture` closes it
  readonly setRecipe: (recipe: Recipe, gesture?: string) => void;
  readonly setOption: (index: number, key: string, value: unknown, gesture?: string) => void;
  readonly addStep: (method: string) => void;
  readonly replaceStep: (index: number, step: Step, gesture?: string) => void;
  readonly removeStep: (index: number) => void;
  readonly moveStep: (from: number, to: number) => void;
  readonly setStepOff: (index: number, off: boolean) => void;
  /** The two prominent dials. */
  readonly setPruning: (ratio: number, gesture?: string) => void;
  readonly setPruningKind: (kind: string) => void;
  readonly setBits: (bits: number) => void;
  readonly setScheme: (scheme: string) => void;
  /** The third: how large a distilled student is. */
  readonly setStudent: (change: Partial<StudentSize>, gesture?: string) => void;
  /** A student of one's own: an ONNX file with the inputs and outputs of the model. */
  readonly openStudent: (files: readonly File[]) => void;
  /** The student is made from the model again. */
  readonly forgetStudent: () => void;
  readonly endGesture: () => void;
  readonly undo: () => void;
  readonly redo: () => void;
  /** Goes back to the recipe of a measured point. */
  readonly restore: (key: string) => void;

  // --- settings
  readonly configure: (change: Partial<Settings>) => void;

  // --- training: only ever begun by hand
  readonly train: () => void;
  readonly steerTraining: (command: TrainingCommand) => void;
  /** Removes the checkpoints of the recipe on screen, so that it starts over. */
  readonly forgetTraining: () => void;
  readonly requestSoftLabels: () => void;

  // --- looking closer
  readonly showChart: (chart: ChartId) => void;
  /** On a phone. */
  readonly showPart: (part: PartId) => void;
  /** Per-layer rows of the shown variant (kept in `layers`); `profile` runs it once under the profiler. */
  readonly requestLayers: (profile: boolean) => void;
  /** Histogram of one weight under the recipe on screen (kept in `weights`). */
  readonly requestWeights: (weight: string) => void;
  readonly requestPredictions: (offset: number, count: number) => void;
  /** Both models go on with a text (kept in `continuation`); `cancel` stops them. */
  readonly continueText: (order: ContinuationOrder) => void;
  readonly exportShown: () => void;
  readonly closeExport: () => void;

  // --- work
  readonly cancel: () => void;
  readonly retry: () => void;
  readonly dismiss: (notice: number) => void;

  readonly setLanguage: (language: Language) => void;
  readonly setTheme: (theme: Theme) => void;
}
