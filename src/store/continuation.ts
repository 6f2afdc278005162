import type { PlainError, Recipe } from '../engine/forms.ts';
import type { GeneratedTexts, GenerateText } from '../worker/protocol.ts';
import type { StudioState } from './state.ts';
import { refusesNow } from './refuses-now.ts';
import { waitsForTraining } from './training.ts';

/** What the person asks for when both models are to go on with a text. */
export type ContinuationOrder = Omit<GenerateText, 'variant'>;

/** A text that both models go on with, or went on with. */
export interface Continuation {
  /** The recipe of the variant that writes. */
  readonly recipe: Recipe;
  readonly order: ContinuationOrder;
  /** There is no variant that could write. */
  readonly alone: boolean;
  readonly state: 'running' | 'done' | 'stopped' | 'failed';
  readonly texts: GeneratedTexts | undefined;
  readonly error: PlainError | undefined;
}

/** The model that is open goes on with texts, and there is a text whose tokenizer it reads by. */
export const isLanguageModel = ({ data }: Pick<StudioState, 'data'>): boolean =>
  data?.text?.task === 'language-model';

/** Why the recipe on screen gives no variant that could write; undefined where it does. */
export function writesAlone(state: StudioState): 'unchanged' | 'untrained' | 'refused' | undefined {
  if (!state.history.present.steps.some((step) => step.off !== true)) return 'unchanged';
  if (refusesNow(state)) return 'refused';
  return waitsForTraining(state) ? 'untrained' : undefined;
}
