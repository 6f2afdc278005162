/**
 * Some calls of ONNX Runtime never come back (a Loop of 2^62 turns, platform A6/A7 hangs), and while one runs its thread
 * handles no message. So the call is announced with a budget to a host outside that thread (the page that owns the worker, the
 * parent of the command line), which kills the thread when the budget is over and rejects what was waiting
 * with `runtime/hung`. Nothing here measures time: the engine has no timers.
 */
export interface WatchdogHost {
  /** Announces work; returns the call that says it is finished. */
  start(label: string, budgetMs: number): () => void;
}

/** For hosts that cannot kill (tests in one thread): every call may take as long as it likes. */
export const noWatchdog: WatchdogHost = { start: () => () => undefined };

export async function withWatchdog<T>(
  label: string,
  budgetMs: number,
  work: () => Promise<T>,
  host: WatchdogHost,
): Promise<T> {
  const finished = host.start(label, budgetMs);
  try {
    return await work();
  } finally {
    finished();
  }
}

/**
 * What session creation may take: 10 s, 5 s for each 100 MB begun (normal is about 1 s per 400 MB, platform A6), and 1 s
 * for each 1,000 nodes (normal is 0.1 s on a quiet desktop; phones and busy machines take several times as long).
 */
export const createBudgetMs = (modelBytes: number, nodes = 0): number =>
  10_000 + 5_000 * Math.ceil(modelBytes / 1e8) + nodes;

/**
 * What `runs` runs may take. Nothing is known before the first run, which also compiles shaders (platform A4): a
 * minute each. Afterwards 20 times the slowest run seen so far, never under 10 s.
 */
export const runBudgetMs = (runs: number, slowestRunMs: number | undefined): number =>
  slowestRunMs === undefined ? 60_000 * runs : Math.max(10_000, 20 * slowestRunMs * runs);
