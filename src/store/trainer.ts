import type { Recipe } from '../engine/forms.ts';
import type { TrainingCommand, TrainingNow } from '../worker/protocol.ts';
import { evaluate } from './evaluate.ts';
import type { JobHandle, Jobs } from './jobs.ts';
import { measuredUnasked } from './measurer.ts';
import { toPlainError } from './plain-error.ts';
import type { Planner } from './planner.ts';
import { lacks, pointOf } from './points.ts';
import { refusesNow } from './refuses-now.ts';
import type { Room } from './room.ts';
import { emptyRecipe } from './state.ts';
import {
  hasTraining,
  isTraining,
  trainedPart,
  trainingStandNow,
  type Training,
} from './training.ts';

/** The buttons of a training, and the curves of what was trained before. */
export interface Trainer {
  readonly train: () => void;
  readonly steer: (command: TrainingCommand) => void;
  /** Removes the checkpoints of the recipe on screen. */
  readonly forget: () => void;
  /** The recipe on screen is another, or its plan has come: shows the curves that belong to it. */
  readonly follow: () => void;
  readonly reset: () => void;
}

export function createTrainer(
  room: Room,
  jobs: Jobs,
  planner: Pick<Planner, 'request'>,
  /** A training has ended or was forgotten: plans and measurements may say something else now. */
  changed: () => void,
): Trainer {
  const { store, client } = room;
  /** What was asked for last, so that a slow answer does not replace a newer one. */
  let followed: string | undefined;

  const show = (recipe: Recipe, change: Partial<Training>): void =>
    store.setState(({ training }) => ({
      training: {
        recipe,
        state: 'running',
        log: training?.recipe === recipe ? training.log : { steps: [] },
        unsaved: false,
        error: undefined,
        ...change,
      },
    }));

  /** Its figures stand beside the student's while that learns, and soft labels are drawn from what it answered. */
  const measureTeacher = async ({ signal, onProgress }: JobHandle, recipe: Recipe) => {
    const missing = lacks(pointOf(store.getState(), emptyRecipe), measuredUnasked);
    if (missing.length === 0) return;
    await evaluate(room, {
      recipe: emptyRecipe,
      wanted: missing,
      quick: true,
      priority: 'user',
      origin: 'user',
      signal,
      onProgress,
    });
    // Only now that the model has run can every step be planned.
    planner.request(recipe);
  };

  const train = async (): Promise<void> => {
    const state = store.getState();
    const recipe = state.history.present;
    const stand = trainingStandNow(state);
    // Made-up inputs teach nothing.
    const hasData = state.data !== undefined && state.data.kind !== 'synthetic';
    const ready = hasData && !refusesNow(state) && !isTraining(state);
    if (!ready || stand === 'none' || stand === 'trained') return;
    const before = state.training;
    const isSame = before !== undefined && trainedPart(before.recipe) === trainedPart(recipe);
    show(recipe, { state: 'running', log: isSame ? before.log : { steps: [] } });
    // Whoever presses Train wants to see it.
    store.setState({ chart: 'training', part: 'charts' });
    const onTraining = ({ state: now, log, unsaved }: TrainingNow): void => {
      // After the end, or once another training is shown, late news is none.
      if (store.getState().training?.recipe === recipe && isTraining(store.getState()))
        show(recipe, { state: now, log, unsaved });
    };
    const outcome = await jobs.run('train', async (handle) => {
      await measureTeacher(handle, recipe);
      const { signal, onProgress } = handle;
      return client.call('train', { recipe }, { signal, onProgress, onTraining });
    });
    if (store.getState().training?.recipe !== recipe) return;
    if (outcome.kind === 'done') show(recipe, { state: 'done', log: outcome.value });
    else if (outcome.kind === 'cancelled') show(recipe, { state: 'stopped' });
    else show(recipe, { state: 'failed', error: outcome.error });
    followed = undefined;
    changed();
  };

  const follow = async (): Promise<void> => {
    const { history, plan, model } = store.getState();
    const recipe = history.present;
    if (model === undefined || isTraining(store.getState())) return;
    const part = trainedPart(recipe);
    if (!hasTraining(recipe)) {
      followed = undefined;
      if (store.getState().training !== undefined) store.setState({ training: undefined });
      return;
    }
    if (plan?.recipe !== recipe || followed === part) return;
    const shown = store.getState().training;
    const isShown = shown !== undefined && trainedPart(shown.recipe) === part;
    followed = part;
    if (isShown) return;
    if (plan.training === 'needed') return store.setState({ training: undefined });
    try {
      const log = await client.call('training-log', { recipe });
      if (followed !== part || isTraining(store.getState())) return;
      show(recipe, { state: plan.training === 'trained' ? 'done' : 'stopped', log });
    } catch {
      // Curves from before are a convenience: without them training still can be taken up.
      followed = undefined;
    }
  };

  const forget = async (): Promise<void> => {
    const recipe = store.getState().history.present;
    if (isTraining(store.getState())) return;
    try {
      await client.call('forget-training', { recipe });
      store.setState({ training: undefined });
    } catch (thrown) {
      show(recipe, { state: 'failed', error: toPlainError(thrown, 'training') });
    }
    followed = undefined;
    changed();
  };

  return {
    train: () => void train(),
    steer: (command) =>
      // Pressed when the training has just ended, it has nothing to do.
      void client.call('steer-training', { command }).catch(() => undefined),
    forget: () => void forget(),
    follow: () => void follow(),
    reset() {
      followed = undefined;
      store.setState({ training: undefined, softLabels: { kind: 'none' } });
    },
  };
}
