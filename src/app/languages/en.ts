import { charts } from './en/charts.ts';
import { codes } from './en/codes.ts';
import { compare } from './en/compare.ts';
import { open } from './en/open.ts';
import { recipe } from './en/recipe.ts';
import { shell } from './en/shell.ts';

export const en = { ...shell, ...open, ...recipe, ...compare, ...charts, ...codes } as const;

// The keys of this dictionary are the keys that ui and features may ask for.
declare module '../../ui/words.ts' {
  interface Dictionary extends Record<keyof typeof en, string> {}
}
