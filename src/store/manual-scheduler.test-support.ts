import type { Scheduler } from './scheduler.ts';

/** Time that a test moves by hand. `advance` lets everything that is due happen, promises in between included. */
export interface ManualScheduler extends Scheduler {
  readonly advance: (ms: number) => Promise<void>;
}

interface Entry {
  readonly atMs: number;
  readonly order: number;
  readonly work: () => void;
}

export function createManualScheduler(): ManualScheduler {
  let now = 0;
  let order = 0;
  const entries = new Set<Entry>();
  const settle = async (): Promise<void> => {
    // Long enough for chains of awaits; none of them waits for real time.
    for (let turn = 0; turn < 40; turn += 1) await Promise.resolve();
  };
  return {
    nowMs: () => now,
    after(delayMs, work) {
      order += 1;
      const entry: Entry = { atMs: now + delayMs, order, work };
      entries.add(entry);
      return () => entries.delete(entry);
    },
    async advance(ms) {
      const end = now + ms;
      await settle();
      for (;;) {
        const due = [...entries]
          .filter((entry) => entry.atMs <= end)
          .toSorted((a, b) => a.atMs - b.atMs || a.order - b.order)[0];
        if (due === undefined) break;
        entries.delete(due);
        now = due.atMs;
        due.work();
        await settle();
      }
      now = end;
    },
  };
}
