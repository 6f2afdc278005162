import type { WatchdogHost } from '../engine/index.ts';

/** What the child tells its parent: a call that may block begins, and may take this long; or it is over. */
export type FromCommand =
  | {
      readonly kind: 'busy';
      readonly token: number;
      readonly label: string;
      readonly budgetMs: number;
    }
  | { readonly kind: 'idle'; readonly token: number };

let nextToken = 1;

/** The watchdog of a supervised process: the parent keeps the time. */
export const parentWatchdog: WatchdogHost = {
  start(label, budgetMs) {
    const token = nextToken++;
    process.send?.({ kind: 'busy', token, label, budgetMs } satisfies FromCommand);
    return () => process.send?.({ kind: 'idle', token } satisfies FromCommand);
  },
};

/** `WHITTLE_BUDGET_MS`: no call into ONNX Runtime may take longer, whatever the engine allows for it. */
export function budgetLimitMs(): number {
  const limit = Number(process.env['WHITTLE_BUDGET_MS']);
  return limit > 0 ? limit : Infinity;
}

/** Set in a child that follows one which was stopped: says why the model must not be run. */
export const hungVariable = 'WHITTLE_HUNG';
