import { recipeKey, type Recipe } from '../engine/forms.ts';
import { familyIndex, setPruning } from './dials.ts';
import { selectComparable } from './points.ts';
import type { Point, StudioState } from './state.ts';

/**
 * A guess at a number that is not measured yet: linear between the two nearest measured points that differ from the recipe on
 * screen in the pruning ratio alone. Outside the measured range, or without such points, there is no guess.
 */
export function estimateByRatio(
  state: StudioState,
  read: (point: Point) => number | undefined,
): number | undefined {
  const recipe = state.history.present;
  const step = recipe.steps[familyIndex(recipe, 'prune')];
  const ratio = step?.['ratio'];
  if (typeof ratio !== 'number' || step?.off === true) return undefined;
  const atRatio = sameButRatio(recipe);
  const known = selectComparable(state)
    .map((point) => ({ x: atRatio(point.evaluation.recipe), y: read(point) }))
    .filter(
      (each): each is { x: number; y: number } => each.x !== undefined && each.y !== undefined,
    )
    .toSorted((a, b) => a.x - b.x);
  const right = known.find(({ x }) => x >= ratio);
  const left = known.findLast(({ x }) => x <= ratio);
  if (left === undefined || right === undefined) return undefined;
  if (right.x === left.x) return left.y;
  return left.y + ((ratio - left.x) / (right.x - left.x)) * (right.y - left.y);
}

/** The pruning ratio of a recipe that is otherwise the same; 0 where the pruning step is missing; undefined for other recipes. */
function sameButRatio(recipe: Recipe): (other: Recipe) => number | undefined {
  const shape = recipeKey(setPruning(recipe, {}, 1e-9).recipe);
  const without = recipeKey(setPruning(recipe, {}, 0).recipe);
  return (other) => {
    if (recipeKey(other) === without) return 0;
    const index = familyIndex(other, 'prune');
    const ratio = other.steps[index]?.['ratio'];
    if (typeof ratio !== 'number' || ratio <= 0) return undefined;
    return recipeKey(setPruning(other, {}, 1e-9).recipe) === shape ? ratio : undefined;
  };
}
