import { charts } from './en/charts.ts';
import { codes } from './en/codes.ts';
import { compare } from './en/compare.ts';
import { open } from './en/open.ts';
import { recipe } from './en/recipe.ts';
import { shell } from './en/shell.ts';
import { text } from './en/text.ts';
import { train } from './en/train.ts';

export const en = {
  ...shell,
  ...open,
  ...recipe,
  ...compare,
  ...charts,
  ...train,
  ...text,
  ...codes,
} as const;

// The keys of this dictionary are the keys that ui and features may ask for.
declare module '../../ui/words.ts' {
  interface Dictionary extends Record<keyof typeof en, string> {}
}
