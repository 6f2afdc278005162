import type { StudioState } from './state.ts';

/** A step that refuses makes the recipe impossible to carry out: its reason is on its card. */
export const refusesNow = (state: StudioState): boolean =>
  state.planError !== undefined ||
  (state.plan?.recipe === state.history.present &&
    state.plan.steps.some((step) => step.kind === 'refused'));
