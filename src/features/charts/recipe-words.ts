import { activeSteps, type Recipe, type Step } from '../../engine/forms.ts';
import { formatPercent, type Words } from '../../ui/index.ts';

/** A recipe in a few words: "Prune weights 50 % · int8, static". */
export function recipeWords(recipe: Recipe, words: Words): string {
  const steps = activeSteps(recipe);
  return steps.length === 0
    ? words.t('charts.recipe.original')
    : steps.map((step) => stepWords(step, words)).join(' · ');
}

function stepWords(step: Step, { t, maybe, language }: Words): string {
  const { method, ratio, pattern, mode, bits } = step;
  const name = maybe(`method.${method}`) ?? method;
  const fixed = typeof pattern === 'string' ? maybe(`kind.${method}:${pattern}`) : undefined;
  if (fixed !== undefined) return fixed;
  if (typeof ratio === 'number')
    return `${name} ${formatPercent(ratio, language, Number.isInteger(Math.round(ratio * 1e4) / 100) ? 0 : 1)}`;
  if (typeof mode === 'string') return maybe(`scheme.${method}:${mode}`) ?? `${name} ${mode}`;
  if (typeof bits === 'number')
    return `${t('charts.recipe.bits', { bits })}, ${maybe(`scheme.${method}`) ?? name}`;
  return maybe(`scheme.${method}`) ?? name;
}
