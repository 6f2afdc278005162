import { ok, type Result } from '../../core/index.ts';
import type { Model } from '../../graph/index.ts';
import type { Planned } from '../method.ts';

/** Nothing of the structure changes: parameters, bytes and MACs stay what they are. How many zeros there will be, only training tells. */
export type RecoverPlan = undefined;

export const plan = (model: Model): Result<Planned<RecoverPlan>> =>
  ok({
    plan: undefined,
    predicted: { weightBytes: 0 },
    summary: {},
    preview: () => model,
    skipped: [],
  });
