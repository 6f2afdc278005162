import type { Recipe } from '../engine/forms.ts';
import { isCancelled, toPlainError } from './plain-error.ts';
import type { Room } from './room.ts';

/**
 * Exact figures while a slider moves. At most one plan is asked for at a time; of the recipes that come meanwhile only the newest is
 * kept. So the figures follow a drag at the worker's pace, and the last answer is always for the last recipe.
 */
export interface Planner {
  readonly request: (recipe: Recipe) => void;
  /** When every plan asked for so far has been answered, or given up. */
  readonly answered: () => Promise<void>;
  /** Forgets what is asked and shown: another model is open. */
  readonly reset: () => void;
}

export function createPlanner({ store, client }: Room): Planner {
  let next: Recipe | undefined;
  let inFlight: AbortController | undefined;
  let pumping: Promise<void> = Promise.resolve();

  const pump = async (): Promise<void> => {
    while (next !== undefined && inFlight === undefined) {
      const recipe = next;
      next = undefined;
      const controller = new AbortController();
      inFlight = controller;
      try {
        const plan = await client.call('plan', { recipe }, { signal: controller.signal });
        // The reply is a copy from the worker: the recipe asked for is what the rest of the store knows by identity.
        if (!controller.signal.aborted)
          store.setState({ plan: { ...plan, recipe }, planError: undefined });
      } catch (thrown) {
        const planError = toPlainError(thrown, 'plan');
        if (!controller.signal.aborted && !isCancelled(planError)) store.setState({ planError });
      } finally {
        if (inFlight === controller) inFlight = undefined;
      }
    }
  };

  return {
    request(recipe) {
      next = recipe;
      if (inFlight === undefined) pumping = pump();
    },
    answered: () => pumping,
    reset() {
      next = undefined;
      inFlight?.abort();
      inFlight = undefined;
      store.setState({ plan: undefined, planError: undefined });
    },
  };
}
