import { activeSteps, type PlainError, type Recipe, recipeKey } from '../engine/forms.ts';
import type { TrainingLog, TrainingNow, TrainingStand } from '../worker/protocol.ts';
import type { StudioState } from './state.ts';

/**
 * Training as the page sees it. It never begins by itself: it takes minutes, so the person presses a button; until then a recipe with
 * steps that train has exact sizes and no measurements.
 */
export interface Training {
  /** What is or was trained: not necessarily the recipe on screen. */
  readonly recipe: Recipe;
  readonly state: TrainingNow['state'] | 'stopped' | 'failed' | 'done';
  readonly log: TrainingLog;
  /** Its checkpoints cannot be stored. */
  readonly unsaved: boolean;
  /** Why it failed. */
  readonly error: PlainError | undefined;
}

/** Methods that train, as their `needs` say in the engine; a test holds the two together. */
const trainingMethods: ReadonlySet<string> = new Set(['distill', 'recover']);

export const trains = (method: string): boolean => trainingMethods.has(method);

export const hasTraining = (recipe: Recipe): boolean =>
  activeSteps(recipe).some(({ method }) => trains(method));

/** Equal for recipes that share all that is trained: steps after the last one that trains do not count. */
export function trainedPart(recipe: Recipe): string {
  const steps = activeSteps(recipe);
  const last = steps.findLastIndex(({ method }) => trains(method));
  return recipeKey({ ...recipe, steps: steps.slice(0, last + 1) });
}

/** Whether the recipe on screen has been trained, as far as is known: while its plan is on the way, what the last one of the same training said. */
export function trainingStandNow(state: StudioState): TrainingStand {
  const { plan, history } = state;
  const recipe = history.present;
  if (!hasTraining(recipe)) return 'none';
  if (plan === undefined) return 'needed';
  const isSame = plan.recipe === recipe || trainedPart(plan.recipe) === trainedPart(recipe);
  return isSame && plan.training !== 'none' ? plan.training : 'needed';
}

/** The recipe on screen cannot be measured before it is trained. */
export const waitsForTraining = (state: StudioState): boolean => {
  const stand = trainingStandNow(state);
  return stand === 'needed' || stand === 'started';
};

export const isTraining = ({ training }: StudioState): boolean =>
  training !== undefined && runningStates.has(training.state);

const runningStates: ReadonlySet<Training['state']> = new Set([
  'running',
  'pausing',
  'paused',
  'finishing',
]);
