import type { PlannedStep, Recipe, StepOutcome } from '../engine/index.ts';
import type { StepPlan } from './protocol.ts';

/** What each step of a recipe would do or did, in the form the page shows. */
export const stepPlansOfPlan = (steps: readonly PlannedStep[]): StepPlan[] =>
  steps.map(({ step, result }): StepPlan => {
    if (step.off === true || result === undefined) return { kind: 'off' };
    if (!result.ok) return { kind: 'refused', error: result.error.toPlain() };
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
