import type { charts as en } from '../en/charts.ts';

export const charts = {} satisfies Record<keyof typeof en, string>;
