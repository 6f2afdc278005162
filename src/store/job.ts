import type { PlainError, Progress } from '../engine/index.ts';

/**
 * Long work as the page sees it: one union, so that "running and failed" cannot be said. `idle` is before any work and after it;
 * a failure stays until the next job begins, because the person must be able to read it.
 */
export type Job =
  | { readonly kind: 'idle' }
  | RunningJob
  | { readonly kind: 'failed'; readonly task: JobTask; readonly error: PlainError };

export interface RunningJob {
  readonly kind: 'running';
  readonly task: JobTask;
  readonly progress: Progress | undefined;
  /** Clock reading when the present phase began. */
  readonly phaseSinceMs: number;
  /** Time left of the present phase, from its pace so far; undefined while there is no honest guess. */
  readonly etaMs: number | undefined;
}

/** What the person asked for; the phase within it comes with the progress. */
export type JobTask = 'open' | 'data' | 'measure' | 'train' | 'generate' | 'export' | 'settings';

export const idle: Job = { kind: 'idle' };

/** A pace measured over less than this says nothing. */
const shortestBasisMs = 700;

export const startJob = (task: JobTask, nowMs: number): RunningJob => ({
  kind: 'running',
  task,
  progress: undefined,
  phaseSinceMs: nowMs,
  etaMs: undefined,
});

/** The job with a progress report taken in; the ETA is the remaining share of the phase at the pace so far. */
export function withProgress(job: RunningJob, progress: Progress, nowMs: number): RunningJob {
  const samePhase = job.progress?.phase === progress.phase;
  const phaseSinceMs = samePhase ? job.phaseSinceMs : nowMs;
  const elapsedMs = nowMs - phaseSinceMs;
  const known = elapsedMs >= shortestBasisMs && progress.done > 0 && progress.total > progress.done;
  const etaMs = known ? (elapsedMs / progress.done) * (progress.total - progress.done) : undefined;
  return { ...job, progress, phaseSinceMs, etaMs };
}
