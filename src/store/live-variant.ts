import { evaluate } from './evaluate.ts';
import { selectCurrent } from './points.ts';
import type { Room } from './room.ts';

/** The id of the variant on screen, that the worker still holds: built again where it does not. */
export async function liveVariant(room: Room, signal: AbortSignal): Promise<string> {
  const point = selectCurrent(room.store.getState());
  if (point?.live === true) return point.evaluation.variant;
  const { history } = room.store.getState();
  const evaluation = await evaluate(room, {
    recipe: history.present,
    wanted: [],
    quick: true,
    priority: 'user',
    origin: 'user',
    signal,
  });
  return evaluation.variant;
}
