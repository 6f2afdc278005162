import { type MethodForm, methodForms, type Recipe, type Step } from '../engine/forms.ts';

/** Pure edits of a recipe. Every step in the store carries all its options, defaults included. */
export const formOf = (method: string): MethodForm | undefined =>
  methodForms.find((form) => form.id === method);

export function defaultStep(method: string): Step {
  const form = formOf(method);
  if (form === undefined) throw new Error(`no method "${method}"`);
  return { ...form.defaults, method };
}

const withSteps = (recipe: Recipe, steps: readonly Step[]): Recipe => ({ ...recipe, steps });

/** A key with a dot is a path: `student.width` is the option `width` inside `student`. */
export const setOption = (recipe: Recipe, index: number, key: string, value: unknown): Recipe =>
  withSteps(
    recipe,
    recipe.steps.map((step, at) => (at === index ? withOption(step, key.split('.'), value) : step)),
  );

function withOption<T extends object>(holder: T, [key = '', ...rest]: string[], value: unknown): T {
  if (rest.length === 0) return { ...holder, [key]: value };
  const inner: unknown = Reflect.get(holder, key);
  const inside = typeof inner === 'object' && inner !== null ? inner : {};
  return { ...holder, [key]: withOption(inside, rest, value) };
}

/** The value of an option, by the same kind of key. */
export function optionOf(step: Step, key: string): unknown {
  let value: unknown = step;
  for (const part of key.split('.'))
    value = typeof value === 'object' && value !== null ? Reflect.get(value, part) : undefined;
  return value;
}

export const replaceStep = (recipe: Recipe, index: number, step: Step): Recipe =>
  withSteps(recipe, recipe.steps.with(index, step));

export const removeStep = (recipe: Recipe, index: number): Recipe =>
  withSteps(recipe, recipe.steps.toSpliced(index, 1));

export const insertStep = (recipe: Recipe, index: number, step: Step): Recipe =>
  withSteps(recipe, recipe.steps.toSpliced(index, 0, step));

export function moveStep(recipe: Recipe, from: number, to: number): Recipe {
  const step = recipe.steps[from];
  if (step === undefined || from === to || to < 0 || to >= recipe.steps.length) return recipe;
  return withSteps(recipe, recipe.steps.toSpliced(from, 1).toSpliced(to, 0, step));
}

export function setStepOff(recipe: Recipe, index: number, off: boolean): Recipe {
  const step = recipe.steps[index];
  if (step === undefined) return recipe;
  const { off: _, ...rest } = step;
  const options = rest as Step;
  return replaceStep(recipe, index, off ? { ...options, off: true } : options);
}

export const sameRecipe = (a: Recipe, b: Recipe): boolean =>
  a === b || JSON.stringify(a) === JSON.stringify(b);
