import { evaluate } from './evaluate.ts';
import type { Jobs } from './jobs.ts';
import { isCancelled, toPlainError } from './plain-error.ts';
import type { Room } from './room.ts';
import { debounce } from './scheduler.ts';
import { type BackgroundTask, sweepStand, taskKey } from './sweep.ts';

/**
 * Measures unasked, one task at a time, only while the person's own work is done and nothing was touched for a moment.
 * `giveWay` aborts at once; the task is taken up again later.
 */
export interface BackgroundWork {
  /** The person acted, or their work began: stop now. */
  readonly giveWay: () => void;
  /** Look for work once all has been quiet for a moment. */
  readonly whenQuiet: () => void;
  /** Another model: what failed before may work now. */
  forget(): void;
}

const quietMs = 600;
/** A model whose evaluation takes longer than this gets the coarse grid only. */
const slowMs = 4000;

export function createBackground(room: Room, jobs: Jobs, mayRun: () => boolean): BackgroundWork {
  const { store, scheduler } = room;
  let running: AbortController | undefined;
  let failed = new Set<string>();
  let coarseOnly = false;

  const start = (): void => {
    const state = store.getState();
    const busy = running !== undefined || jobs.task() !== undefined;
    if (busy || state.job.kind !== 'idle' || state.model === undefined || !mayRun()) return;
    const { next, done, total } = sweepStand(state, { coarseOnly, failed });
    if (next === undefined) return;
    store.setState({ background: { kind: 'running', what: next.what, done, total } });
    void run(next);
  };

  const run = async (task: BackgroundTask): Promise<void> => {
    const controller = new AbortController();
    running = controller;
    const { signal } = controller;
    const sinceMs = scheduler.nowMs();
    try {
      const { recipe, wanted, quick, what } = task;
      const origin = what === 'sweep' ? 'sweep' : 'user';
      await evaluate(room, { recipe, wanted, quick, priority: 'background', origin, signal });
      coarseOnly ||= what === 'sweep' && scheduler.nowMs() - sinceMs > slowMs;
    } catch (thrown) {
      // A recipe of the sweep may be refused by this model: that is an answer, not a fault to report.
      if (!isCancelled(toPlainError(thrown, 'sweep'))) failed.add(taskKey(task));
    }
    if (running !== controller) return;
    running = undefined;
    store.setState({ background: { kind: 'idle' } });
    start();
  };

  const timer = debounce(scheduler, quietMs, start);

  return {
    giveWay() {
      timer.stop();
      const stopped = running;
      running = undefined;
      if (stopped === undefined) return;
      store.setState({ background: { kind: 'idle' } });
      stopped.abort();
    },
    whenQuiet: timer.later,
    forget() {
      failed = new Set();
      coarseOnly = false;
    },
  };
}
