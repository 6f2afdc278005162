import type { en } from './en.ts';
import { charts } from './ko/charts.ts';
import { codes } from './ko/codes.ts';
import { compare } from './ko/compare.ts';
import { open } from './ko/open.ts';
import { recipe } from './ko/recipe.ts';
import { shell } from './ko/shell.ts';
import { text } from './ko/text.ts';
import { train } from './ko/train.ts';

export const ko = {
  ...shell,
  ...open,
  ...recipe,
  ...compare,
  ...charts,
  ...train,
  ...text,
  ...codes,
} satisfies Record<keyof typeof en, string>;
