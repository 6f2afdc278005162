/** Time for the store, injected: tests move it by hand. */
export interface Scheduler {
  readonly nowMs: () => number;
  /** Calls `work` once after `delayMs`; the returned function calls it off. */
  readonly after: (delayMs: number, work: () => void) => () => void;
}

/** Runs `work` once calls to it have stopped for `delayMs`. */
export function debounce(scheduler: Scheduler, delayMs: number, work: () => void): Debounced {
  let callOff: (() => void) | undefined;
  const stop = (): void => {
    callOff?.();
    callOff = undefined;
  };
  const later = (): void => {
    stop();
    callOff = scheduler.after(delayMs, () => {
      callOff = undefined;
      work();
    });
  };
  return { later, stop, pending: () => callOff !== undefined };
}

export interface Debounced {
  readonly later: () => void;
  readonly stop: () => void;
  readonly pending: () => boolean;
}
