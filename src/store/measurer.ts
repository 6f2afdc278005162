import type { Wanted } from '../worker/protocol.ts';
import { evaluate } from './evaluate.ts';
import type { JobHandle, Jobs } from './jobs.ts';
import type { Planner } from './planner.ts';
import { lacks, pointOf } from './points.ts';
import type { Room } from './room.ts';
import { debounce } from './scheduler.ts';
import { refusesNow } from './refuses-now.ts';
import { emptyRecipe, type StudioState } from './state.ts';
import { waitsForTraining } from './training.ts';

/**
 * Measuring that follows by itself: once the recipe has been still for a moment, the original (if need be) and then
 * the recipe on screen are evaluated; the newest request aborts the older one.
 */
export interface Measurer {
  /** Soon: after the dials have been still. */
  readonly later: () => void;
  /** At once. */
  readonly now: () => void;
  readonly stop: () => void;
  readonly pending: () => boolean;
}

const stillMs = 250;
/** A step could not be planned before the original has been run once. */
const planWaits = ({ plan }: StudioState): boolean =>
  plan?.steps.some(({ kind }) => kind === 'waiting') === true;

/** What is measured of every recipe without being asked for. */
export const measuredUnasked: readonly Wanted[] = ['accuracy', 'latency'];

export function createMeasurer(
  room: Room,
  jobs: Jobs,
  plan: Pick<Planner, 'answered' | 'request'>,
  afterwards: () => void,
): Measurer {
  const { store } = room;

  const measure = async ({ signal, onProgress }: JobHandle): Promise<void> => {
    // The plan was asked for first: whether a step refuses is known before anything is measured.
    await plan.answered();
    if (signal.aborted) return;
    if (refusesNow(store.getState())) return jobs.cancel();
    const recipe = store.getState().history.present;
    // Training is never begun unasked: until then only the original can be measured.
    const targets =
      recipe.steps.some((step) => step.off !== true) && !waitsForTraining(store.getState())
        ? [emptyRecipe, recipe]
        : [emptyRecipe];
    for (const target of targets) {
      const missing = lacks(pointOf(store.getState(), target), measuredUnasked);
      const live = pointOf(store.getState(), target)?.live === true;
      const waits = target === emptyRecipe && planWaits(store.getState());
      if (missing.length === 0 && live && !waits) continue;
      await evaluate(room, {
        recipe: target,
        wanted: missing,
        quick: true,
        priority: 'user',
        origin: 'user',
        signal,
        onProgress,
      });
      // The model has run once: now the plan can tell whether a step refuses, and what an untrained recipe comes to.
      if (!waits && !waitsForTraining(store.getState())) continue;
      plan.request(recipe);
      await plan.answered();
      if (signal.aborted || refusesNow(store.getState())) return;
    }
  };

  const now = async (): Promise<void> => {
    timer.stop();
    const state = store.getState();
    const task = jobs.task();
    const ready =
      state.model !== undefined && state.data !== undefined && state.waitingFor === undefined;
    // Other work ends by asking again.
    if (!ready || (task !== undefined && task !== 'measure')) return;
    if (refusesNow(state)) return jobs.cancel();
    const outcome = await jobs.run('measure', measure);
    if (outcome.kind === 'done') afterwards();
  };

  const timer = debounce(room.scheduler, stillMs, () => void now());

  return { later: timer.later, now: () => void now(), stop: timer.stop, pending: timer.pending };
}
