import type { Page } from '@playwright/test';

/** The longest tasks of the page's main thread while something happens, in milliseconds. */
export interface MainThread {
  /** Tasks that took over 50 ms by the clock (Long Tasks API), waiting for a core included. */
  readonly longTasks: readonly number[];
  /** The most processor time that one task took: what the page itself is answerable for. */
  readonly longestCpu: number;
}

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  /** Processor time, µs. */
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

/** Switching the trace on is itself a long task. */
const settleMs = 500;

export async function watchMainThread(page: Page, work: () => Promise<void>): Promise<MainThread> {
  const browser = page.context().browser();
  if (browser === null) throw new Error('the page has no browser of its own');
  await browser.startTracing(page, { categories: ['toplevel', '__metadata'] });
  await page.waitForTimeout(settleMs);
  await page.evaluate(collectLongTasks);
  await work();
  const longTasks = await page.evaluate(() => Reflect.get(globalThis, 'longTasks') as number[]);
  const trace = JSON.parse((await browser.stopTracing()).toString()) as {
    traceEvents: readonly (TraceEvent & { readonly ts: number })[];
  };
  const events = trace.traceEvents;
  const mains = new Set(
    events
      .filter((event) => event.name === 'thread_name' && event.args?.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid}:${tid}`),
  );
  const firstUs = Math.min(...events.filter((event) => event.ts > 0).map((event) => event.ts));
  const tasks = events.filter(
    (event) =>
      event.ph === 'X' &&
      event.name.endsWith('RunTask') &&
      event.ts > firstUs + settleMs * 1000 &&
      mains.has(`${event.pid}:${event.tid}`),
  );
  if (tasks.length === 0) throw new Error('the trace holds no task of the main thread');
  return { longTasks, longestCpu: Math.max(...tasks.map(({ tdur = 0 }) => tdur)) / 1000 };
}

function collectLongTasks(): void {
  const tasks: number[] = [];
  Reflect.set(globalThis, 'longTasks', tasks);
  new PerformanceObserver((list) =>
    tasks.push(...list.getEntries().map((entry) => Math.round(entry.duration))),
  ).observe({ type: 'longtask' });
}
