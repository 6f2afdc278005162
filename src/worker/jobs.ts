import { EngineError } from '../engine/index.ts';

/**
 * One queue for everything that uses the runtime. User work goes ahead of background work and pushes it out at once (the sweep
 * asks again later); among user work the order is that of asking. Cancelling a waiting job drops it; cancelling the running
 * one aborts its signal and calls `onAbort`, which kills what blocks; `stillRunning` says whether the aborted job has ended since: what
 * the runtime does then belongs to the next one.
 */
export type Priority = 'user' | 'background';

interface Job {
  readonly id: number;
  readonly priority: Priority;
  readonly controller: AbortController;
  readonly work: (signal: AbortSignal) => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export interface JobQueue {
  run<T>(id: number, priority: Priority, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  cancel(id: number): void;
  cancelAll(): void;
}

export function createJobQueue(onAbort: (stillRunning: () => boolean) => void): JobQueue {
  const waiting: Job[] = [];
  let running: Job | undefined;

  const next = (): void => {
    if (running !== undefined) return;
    const index = waiting.findIndex((job) => job.priority === 'user');
    const [job] = waiting.splice(index < 0 ? 0 : index, 1);
    if (job === undefined) return;
    running = job;
    const finish = (): void => {
      running = undefined;
      next();
    };
    job.work(job.controller.signal).then(
      (value) => {
        finish();
        return job.resolve(value);
      },
      (error: unknown) => {
        finish();
        job.reject(job.controller.signal.aborted ? cancelled() : error);
      },
    );
  };

  const abort = (job: Job): void => {
    if (job.controller.signal.aborted) return;
    job.controller.abort();
    onAbort(() => running === job);
  };

  return {
    run<T>(id: number, priority: Priority, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
      return new Promise<unknown>((resolve, reject) => {
        waiting.push({ id, priority, controller: new AbortController(), work, resolve, reject });
        if (priority === 'user' && running?.priority === 'background') abort(running);
        next();
      }) as Promise<T>;
    },
    cancel(id) {
      const index = waiting.findIndex((job) => job.id === id);
      if (index >= 0) waiting.splice(index, 1)[0]?.reject(cancelled());
      else if (running?.id === id) abort(running);
    },
    cancelAll() {
      for (const job of waiting.splice(0)) job.reject(cancelled());
      if (running !== undefined) abort(running);
    },
  };
}

const cancelled = (): EngineError =>
  new EngineError('cancelled', { where: 'job', detail: 'cancelled' });
