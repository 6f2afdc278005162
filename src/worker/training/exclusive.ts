import { EngineError } from '../../engine/index.ts';

/**
 * Runs `work` while holding a lock that all tabs of this origin share (Web Locks): two tabs must not write the same checkpoints. A tab
 * that is closed or crashes gives its lock back by itself. Where the browser has no locks the work just runs.
 */
export function exclusively<T>(
  keys: readonly string[],
  work: () => Promise<T>,
  locks: LockManager | undefined = lockManager(),
): Promise<T> {
  const [first, ...rest] = keys;
  if (first === undefined || locks === undefined) return work();
  return locks.request(`whittle ${first}`, { ifAvailable: true }, (lock) => {
    if (lock === null)
      throw new EngineError('train/elsewhere', {
        where: 'training',
        detail: 'another tab of this browser trains the same recipe on the same data',
        hint: 'Go on there, or close that tab',
      });
    return exclusively(rest, work, locks);
  }) as Promise<T>;
}

/** Only secure origins have it. */
const lockManager = (): LockManager | undefined =>
  typeof navigator !== 'undefined' && 'locks' in navigator ? navigator.locks : undefined;
