import { EngineError, type TrainingHost } from '../../engine/index.ts';
import type { TrainingKey } from './training-keys.ts';
import type { TrainingStore } from './training-store.ts';
import type { TrainingSession } from './training-session.ts';

/**
 * For calls that may take a finished training from its checkpoint but must never begin one: minutes are spent only when asked for. A
 * training that is not finished after all is refused at its first step.
 */
export function loadOnly(
  keys: readonly TrainingKey[],
  store: TrainingStore,
): Pick<TrainingSession, 'host' | 'enter'> {
  let current: TrainingKey | undefined;
  const host: TrainingHost = {
    clock: { nowMs: () => 0 },
    gate: () => Promise.reject(notTrained('the recipe')),
    report: () => undefined,
    checkpoints: {
      async load(key) {
        if (current === undefined) return undefined;
        return (await store.open(current.key)).checkpoints.load(key);
      },
      save: () => Promise.resolve(),
      remove: () => Promise.resolve(),
    },
    checkpointEveryMs: Infinity,
  };
  return {
    host,
    enter(active) {
      current = keys.find((key) => key.active === active);
      return Promise.resolve();
    },
  };
}

export const notTrained = (where: string): EngineError =>
  new EngineError('train/not-trained', {
    where,
    detail: 'it has not been trained to the end',
    hint: 'Press Train',
  });
