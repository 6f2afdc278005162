/**
 * The light façade for the page: what forms, links and error words need, without the code that does the work. The page's first
 * load must stay small, so nothing here may pull in graph, codec or methods' plan and apply.
 */
export { errorCodes, EngineError, type ErrorCode, type PlainError } from './core/errors.ts';
export { phases, type Phase, type Progress } from './core/task.ts';
export { verdictCodes, type VerdictCode } from './measure/measurement.ts';
export { methodForms, type MethodForm } from './methods/forms.ts';
export { activeSteps, parseRecipe, parseRecipeText, recipeKey } from './recipe/parse.ts';
export type { Recipe, Step } from './recipe/recipe.ts';
