import type { Recipe, Step } from '../engine/forms.ts';
import type { Preprocess } from '../engine/index.ts';
import type { Settings } from '../worker/protocol.ts';
import type { Language, Theme } from './state.ts';

/** What a person can do. Each action returns at once; what it leads to shows up in the state. */
export interface Actions {
  // --- opening
  /** Anything dropped or chosen: model, its external data, a recipe, data to measure on. */
  openDropped(files: readonly File[]): void;
  openSample(name: string): void;
  openData(files: readonly File[]): void;
  setPreprocess(preprocess: Preprocess): void;
  loadSamples(): void;
  showStart(): void;
  showStudio(): void;

  // --- the recipe; changes with the same gesture are one undo entry, `endGesture` closes it
  setRecipe(recipe: Recipe, gesture?: string): void;
  setOption(index: number, key: string, value: unknown, gesture?: string): void;
  addStep(method: string): void;
  replaceStep(index: number, step: Step, gesture?: string): void;
  removeStep(index: number): void;
  moveStep(from: number, to: number): void;
  setStepOff(index: number, off: boolean): void;
  /** The two prominent dials. */
  setPruning(ratio: number, gesture?: string): void;
  setPruningKind(kind: string): void;
  setBits(bits: number): void;
  setScheme(scheme: string): void;
  endGesture(): void;
  undo(): void;
  redo(): void;
  /** Goes back to the recipe of a measured point. */
  restore(key: string): void;

  // --- settings
  configure(change: Partial<Settings>): void;

  // --- looking closer
  /** Per-layer rows of the shown variant (kept in `layers`); `profile` runs it once under the profiler. */
  requestLayers(profile: boolean): void;
  /** Histogram of one weight under the recipe on screen (kept in `weights`). */
  requestWeights(weight: string): void;
  requestPredictions(offset: number, count: number): void;
  exportShown(): void;
  closeExport(): void;

  // --- work
  cancel(): void;
  retry(): void;
  dismiss(notice: number): void;

  setLanguage(language: Language): void;
  setTheme(theme: Theme): void;
}
