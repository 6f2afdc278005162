import { countNonzero, parseRecipe, planRecipe, unwrap } from '../../engine/index.ts';
import { stepPlansOfPlan } from '../step-plans.ts';
import type { Handler } from '../studio.ts';

/** Exact figures of a recipe at once; touches no runtime and waits for no job. */
export const plan: Handler<'plan'> = ({ recipe }, { workspace }) => {
  const open = workspace.model();
  open.start = {
    ...open.start,
    nonzeroParams: open.start.nonzeroParams ?? countNonzero(open.model),
  };
  const result = planRecipe(open.model, unwrap(parseRecipe(recipe)), {
    backend: workspace.settings.backend,
    shapes: open.shapes,
    start: open.start,
  });
  return Promise.resolve({
    recipe,
    predicted: result.predicted,
    steps: stepPlansOfPlan(result.steps),
  });
};
