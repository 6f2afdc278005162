import type { Task } from '../core/index.ts';
import type { Feeds, Session } from '../runtime/index.ts';
import type { LatencyProtocol } from './latency-protocol.ts';

const steadyWithin = 0.1;
/** Runs per look at first, doubled while a look takes under 5 ms, so that a quick model does not spend its time on messages. */
const shortLookMs = 5;

/**
 * Runs until steady: at least `warmRuns` runs and `warmMs`, until the last three looks differ by less than 10 %, at most
 * `warmCapMs`. Returns the ms per run it ended at.
 */
export async function warmUp(
  session: Session,
  feeds: Feeds,
  protocol: Pick<LatencyProtocol, 'warmMs' | 'warmRuns' | 'warmCapMs'>,
  task: Task,
): Promise<number> {
  const looks: number[] = [];
  let spentMs = 0;
  let runs = 0;
  let runsPerLook = 1;
  for (;;) {
    const [perRunMs = NaN] = await session.time(feeds, 1, runsPerLook);
    looks.push(perRunMs);
    // A clock too coarse to see the run counts as its smallest step, so that the loop ends.
    const lookMs = Math.max(perRunMs * runsPerLook, 0.001);
    spentMs += lookMs;
    runs += runsPerLook;
    if (lookMs < shortLookMs) runsPerLook = Math.min(runsPerLook * 2, 4096);
    await task.breathe();
    const enough = runs >= protocol.warmRuns && spentMs >= protocol.warmMs;
    if ((enough && isSteady(looks)) || spentMs >= protocol.warmCapMs)
      return Math.max(perRunMs, 1e-4);
  }
}

function isSteady(looks: readonly number[]): boolean {
  const last = looks.slice(-3);
  if (last.length < 3) return false;
  return Math.max(...last) - Math.min(...last) <= steadyWithin * Math.max(...last);
}
