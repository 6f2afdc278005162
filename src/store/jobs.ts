import type { PlainError, Progress } from '../engine/forms.ts';
import { idle, type JobTask, startJob, withProgress } from './job.ts';
import { isCancelled, toPlainError } from './plain-error.ts';
import type { Room } from './room.ts';

/**
 * The one place where the person's work runs: a single slot. A new job aborts the one before; whatever an aborted job
 * still reports is dropped. `cancel` answers at once, without waiting for the worker.
 */
export interface Jobs {
  readonly run: <T>(
    task: JobTask,
    work: (handle: JobHandle) => Promise<T>,
  ) => Promise<JobOutcome<T>>;
  readonly cancel: () => void;
  /** What is running now. */
  readonly task: () => JobTask | undefined;
}

export interface JobHandle {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

export type JobOutcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly error: PlainError };

export function createJobs(room: Room): Jobs {
  const { store, scheduler } = room;
  let current: { readonly controller: AbortController; readonly task: JobTask } | undefined;

  const run = async <T>(
    task: JobTask,
    work: (handle: JobHandle) => Promise<T>,
  ): Promise<JobOutcome<T>> => {
    current?.controller.abort();
    const mine = { controller: new AbortController(), task };
    current = mine;
    store.setState({ job: startJob(task, scheduler.nowMs()) });
    const onProgress = (progress: Progress): void => {
      const { job } = store.getState();
      if (current !== mine || job.kind !== 'running') return;
      store.setState({ job: withProgress(job, progress, scheduler.nowMs()) });
    };
    try {
      const value = await work({ signal: mine.controller.signal, onProgress });
      if (current !== mine) return { kind: 'cancelled' };
      current = undefined;
      store.setState({ job: idle });
      return { kind: 'done', value };
    } catch (thrown) {
      const error = toPlainError(thrown, task);
      if (current !== mine) return { kind: 'cancelled' };
      current = undefined;
      if (isCancelled(error)) {
        store.setState({ job: idle });
        return { kind: 'cancelled' };
      }
      store.setState({ job: { kind: 'failed', task, error } });
      return { kind: 'failed', error };
    }
  };

  const cancel = (): void => {
    const stopped = current;
    current = undefined;
    if (stopped !== undefined) store.setState({ job: idle });
    stopped?.controller.abort();
  };

  return { run, cancel, task: () => current?.task };
}
