/**
 * One call at a time, in the order asked for. A failure goes to the caller who asked and to nobody else: the next call
 * starts as if nothing had happened (ONNX Runtime hangs on overlapping WebGPU calls, platform A7).
 */
export interface Fifo {
  <T>(work: () => Promise<T>): Promise<T>;
}

export function createFifo(): Fifo {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.catch(() => undefined).then(work);
    last = mine;
    // The caller handles `mine`; this keeps a failed last call from being an unhandled rejection of the queue itself.
    mine.catch(() => undefined);
    return mine;
  };
}
