import { countNonzero, parseRecipe, planRecipe, unwrap } from '../../engine/index.ts';
import { stepPlansOfPlan } from '../step-plans.ts';
import type { Handler } from '../studio.ts';
import { trainingStand } from '../training/training-keys.ts';

/** Exact figures of a recipe at once; touches no runtime and waits for no job. */
export const plan: Handler<'plan'> = async ({ recipe: asked }, { workspace }) => {
  const open = workspace.model();
  open.start = {
    ...open.start,
    nonzeroParams: open.start.nonzeroParams ?? countNonzero(open.model),
  };
  const recipe = unwrap(parseRecipe(asked));
  const result = planRecipe(open.model, recipe, {
    backend: workspace.settings.backend,
    shapes: open.shapes,
    start: open.start,
    models: workspace.students,
  });
  return {
    recipe: asked,
    predicted: result.predicted,
    steps: stepPlansOfPlan(result.steps, open.shapes !== undefined),
    training: await trainingStand(workspace, recipe),
  };
};
