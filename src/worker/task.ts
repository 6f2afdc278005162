import { EngineError, type Progress, type Task } from '../engine/index.ts';

/**
 * A Task for engine work in this worker: breathing lets messages in (a macrotask through a MessageChannel, which unlike setTimeout is
 * not clamped to 4 ms), at most every `sliceMs`, so that cancel and plan requests are heard while weights are worked on.
 */
const sliceMs = 8;

const channel = new MessageChannel();
const waiting: (() => void)[] = [];
channel.port1.onmessage = () => waiting.shift()?.();

const macrotask = (): Promise<void> =>
  new Promise((resolve) => {
    waiting.push(resolve);
    channel.port2.postMessage(0);
  });

export function workerTask(signal: AbortSignal, report: (progress: Progress) => void): Task {
  let sliceStartMs = performance.now();
  let lastReportMs = -Infinity;
  return {
    signal,
    report(progress) {
      const nowMs = performance.now();
      if (nowMs - lastReportMs < 50 && progress.done !== progress.total) return;
      lastReportMs = nowMs;
      report(progress);
    },
    async breathe() {
      if (performance.now() - sliceStartMs >= sliceMs) {
        await macrotask();
        sliceStartMs = performance.now();
      }
      if (signal.aborted) throw new EngineError('cancelled', { where: 'job', detail: 'cancelled' });
    },
  };
}
