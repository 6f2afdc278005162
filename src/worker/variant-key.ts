import { recipeKey, type Recipe } from '../engine/index.ts';
import type { Workspace } from './workspace.ts';

/** The same for variants of the same bytes: recipe, backend, data and sizes of open dimensions. */
export const variantKey = ({ settings, data }: Workspace, recipe: Recipe): string =>
  JSON.stringify([recipeKey(recipe), settings.backend, data?.key ?? '', settings.dims]);
