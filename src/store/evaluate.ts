import type { Progress, Recipe } from '../engine/forms.ts';
import type { EvaluateRequest, Evaluation, Wanted } from '../worker/protocol.ts';
import { addToPoints, keyNow } from './points.ts';
import type { Room } from './room.ts';
import type { Point } from './state.ts';

export interface EvaluateOrder {
  readonly recipe: Recipe;
  readonly wanted: readonly Wanted[];
  readonly quick: boolean;
  readonly priority: EvaluateRequest['priority'];
  readonly origin: Point['origin'];
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
}

/**
 * One evaluation, its partial results taken into the points as they come. The key is taken when the work begins: numbers
 * belong to the conditions they were measured under, whatever the person has changed since.
 */
export async function evaluate(room: Room, order: EvaluateOrder): Promise<Evaluation> {
  const { recipe, wanted, quick, priority, origin, signal, onProgress } = order;
  const key = keyNow(room.store.getState(), recipe);
  const take = (evaluation: Evaluation, measured: readonly Wanted[]): void => {
    if (signal.aborted) return;
    const full = !quick && measured.includes('latency');
    room.store.setState(({ points }) => ({
      points: addToPoints(points, { key, origin, evaluation, measured, full }),
    }));
  };
  const evaluation = await room.client.call(
    'evaluate',
    { recipe, wanted, quick, priority },
    {
      signal,
      ...(onProgress === undefined ? {} : { onProgress }),
      onPartial: (partial) => take(partial, []),
    },
  );
  take(evaluation, wanted);
  return evaluation;
}
