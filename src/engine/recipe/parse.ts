import * as v from 'valibot';
import { EngineError } from '../core/errors.ts';
import { attempt, type Result } from '../core/result.ts';
import { methodForm, methodForms } from '../methods/forms.ts';
import type { Recipe, Step } from './recipe.ts';

/**
 * Recipe files (design §5.2). The frame is checked here, each step by its own method's schema, which also fills in the defaults;
 * an error names the step and the option. An option that the method does not know is refused: ignored, the
 * recipe would do something else than it says.
 */
const frame = v.object({
  version: v.pipe(v.number(), v.integer()),
  seed: v.optional(v.pipe(v.number(), v.safeInteger()), 0),
  steps: v.pipe(
    v.array(v.looseObject({ method: v.string(), off: v.optional(v.boolean()) })),
    v.maxLength(64),
  ),
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
      detail: `no method "${step.method.slice(0, 40)}"`,
      hint: `There are ${methodForms.map(({ id }) => id).join(', ')}`,
    });
  const { off, ...options } = step as Step;
  const parsed = v.safeParse(method.schema, options);
  if (!parsed.success) throw invalid(where, parsed.issues[0]);
  const clean = parsed.output as Step;
  for (const option of Object.keys(options))
    if (!Object.hasOwn(clean, option)) throw unknownOption(step.method, option, where);
  return off === true ? { ...clean, off: true } : clean;
}

/** A message that quotes what it received, which may be long. */
const shortened = (text: string): string => (text.length > 200 ? `${text.slice(0, 200)}…` : text);

function unknownOption(id: string, option: string, where: string): EngineError {
  const known = Object.keys(methodForm(id)?.defaults ?? {}).filter((name) => name !== 'method');
  return new EngineError('recipe/invalid', {
    where: `${where}.${option.slice(0, 40)}`,
    detail: `${id} has no such option`,
    hint: known.length === 0 ? 'It has none' : `It has ${known.join(', ')}`,
  });
}

function invalid(where: string, issue: v.BaseIssue<unknown>): EngineError {
  const path = v.getDotPath(issue)?.replace(/\.(\d+)(?=\.|$)/g, '[$1]');
  return new EngineError('recipe/invalid', {
    where: path ? `${where}.${path}` : where,
    detail: shortened(issue.message),
  });
}

/** The steps that will run. */
export const activeSteps = (recipe: Recipe): Step[] =>
  recipe.steps.filter((step) => step.off !== true);

/** A string that is equal for recipes that make the same bytes from the same model and data. */
export const recipeKey = (recipe: Recipe): string =>
  JSON.stringify([recipe.seed, activeSteps(recipe)]);
