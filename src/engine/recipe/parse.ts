import * as v from 'valibot';
import { EngineError } from '../core/errors.ts';
import { attempt, type Result } from '../core/result.ts';
import { methodForm } from '../methods/forms.ts';
import type { Recipe, Step } from './recipe.ts';

/**
 * Recipe files (design §5.2). The frame is checked here, each step by its own method's schema, which also fills in the defaults;
 * an error names the step and the option.
 */
const frame = v.object({
  version: v.pipe(v.number(), v.integer()),
  seed: v.optional(v.pipe(v.number(), v.integer()), 0),
  steps: v.pipe(v.array(v.looseObject({ method: v.string() })), v.maxLength(64)),
});

/** Checks a parsed JSON value and fills in every default. Errors: `recipe/invalid`, `recipe/too-new`, `recipe/unknown-method`. */
export function parseRecipe(json: unknown, where = 'recipe'): Result<Recipe> {
  return attempt(() => {
    const outer = v.safeParse(frame, json);
    if (!outer.success) throw invalid(where, outer.issues[0]);
    if (outer.output.version !== 1)
      throw new EngineError(outer.output.version > 1 ? 'recipe/too-new' : 'recipe/invalid', {
        where: `${where}.version`,
        detail: `version ${outer.output.version}; this program reads version 1`,
        hint: 'Open it with the program that wrote it, or a newer Whittle',
      });
    const steps = outer.output.steps.map((step, i) => parseStep(step, `${where}.steps[${i}]`));
    return { version: 1, seed: outer.output.seed, steps } satisfies Recipe;
  });
}

/** Reads the text of a recipe file. */
export function parseRecipeText(text: string, where = 'recipe'): Result<Recipe> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return {
      ok: false,
      error: new EngineError('recipe/invalid', { where, detail, hint: 'A recipe is a JSON file' }),
    };
  }
  return parseRecipe(json, where);
}

function parseStep(step: { method: string }, where: string): Step {
  const method = methodForm(step.method);
  if (method === undefined)
    throw new EngineError('recipe/unknown-method', {
      where: `${where}.method`,
      detail: `no method "${step.method}"`,
    });
  const { off, ...options } = step as Step;
  const parsed = v.safeParse(method.schema, options);
  if (!parsed.success) throw invalid(where, parsed.issues[0]);
  const clean = parsed.output as Step;
  return off === true ? { ...clean, off: true } : clean;
}

function invalid(where: string, issue: v.BaseIssue<unknown>): EngineError {
  const path = v.getDotPath(issue);
  return new EngineError('recipe/invalid', {
    where: path ? `${where}.${path}` : where,
    detail: issue.message,
  });
}

/** The steps that will run. */
export const activeSteps = (recipe: Recipe): Step[] =>
  recipe.steps.filter((step) => step.off !== true);

/** A string that is equal for recipes that make the same bytes from the same model and data. */
export const recipeKey = (recipe: Recipe): string =>
  JSON.stringify([recipe.seed, activeSteps(recipe)]);
