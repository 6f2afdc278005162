import { EngineError } from './errors.ts';

/**
 * What long work gets from its surroundings: time, a way to report, a way to be stopped, a way to let others run.
 * The engine has no clock and no scheduler of its own.
 */
export interface Task {
  readonly signal: AbortSignal | undefined;
  /** Reports where the work is; cheap, may be called often. */
  report(progress: Progress): void;
  /** Lets pending messages be handled (a macrotask), at most every ~10 ms of work; throws `cancelled` when aborted. */
  breathe(): Promise<void>;
}

export interface Progress {
  /** A closed set, so that the app has words for each in every language. */
  readonly phase: Phase;
  readonly done: number;
  readonly total: number;
}

export const phases = [
  'reading',
  'checking',
  'shapes',
  'analysing',
  'loading-data',
  'calibrating',
  'pruning',
  'quantizing',
  'creating-session',
  'warming-up',
  'measuring-latency',
  'measuring-accuracy',
  'measuring-noise',
  'profiling',
  'predicting',
  'sweeping',
  'training',
  'generating',
  'writing',
  'verifying',
  'compressing',
] as const;
export type Phase = (typeof phases)[number];

/** Monotonic milliseconds. Injected. */
export interface Clock {
  nowMs(): number;
}

export function throwIfAborted(signal: AbortSignal | undefined, where: string): void {
  if (signal?.aborted) throw new EngineError('cancelled', { where, detail: 'cancelled' });
}

/** A task that reports to nobody and never yields: for tests and short work. */
export const quietTask: Task = {
  signal: undefined,
  report: () => undefined,
  breathe: () => Promise.resolve(),
};
