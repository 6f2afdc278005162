import { methodById, type PlannedStep, type Recipe, type StepOutcome } from '../engine/index.ts';
import type { StepPlan } from './protocol.ts';

/**
 * What each step of a recipe would do or did, in the form the page shows. Before the model has been run its shapes are not known, and a
 * step that needs them refuses for that reason alone: it waits.
 */
export const stepPlansOfPlan = (steps: readonly PlannedStep[], shapesKnown: boolean): StepPlan[] =>
  steps.map(({ step, result }): StepPlan => {
    if (step.off === true || result === undefined) return { kind: 'off' };
    const waits = !shapesKnown && methodById(step.method)?.needs.includes('shapes') === true;
    if (!result.ok)
      return waits ? { kind: 'waiting' } : { kind: 'refused', error: result.error.toPlain() };
    const { summary, skipped } = result.value;
    return { kind: 'planned', summary, skipped };
  });

/** `outcomes` are those of the active steps, in order. */
export function stepPlansOfRun(recipe: Recipe, outcomes: readonly StepOutcome[]): StepPlan[] {
  let next = 0;
  return recipe.steps.map((step): StepPlan => {
    if (step.off === true) return { kind: 'off' };
    const outcome = outcomes[next++];
    if (outcome === undefined) return { kind: 'off' };
    const { summary, skipped } = outcome.planned;
    return { kind: 'planned', summary, skipped };
  });
}
