import type { JobOutcome, Jobs } from './jobs.ts';
import { liveVariant } from './live-variant.ts';
import { isCancelled, toPlainError } from './plain-error.ts';
import { pointOf } from './points.ts';
import { refusesNow } from './refuses-now.ts';
import type { Room } from './room.ts';
import { type Loadable, shown, type StudioState } from './state.ts';
import { waitsForTraining } from './training.ts';

/**
 * Looking closer at the variant on screen: predictions, layers, weights, the export. Each asks the worker for one thing; a newer
 * request for the same thing aborts the older one, and what was shown stays on screen until the answer is there.
 */
export interface Looker {
  readonly predictions: (offset: number, count: number) => void;
  readonly layers: (profile: boolean) => void;
  readonly weights: (weight: string) => void;
  readonly softLabels: () => void;
  readonly export: () => void;
  readonly closeExport: () => void;
  /** Another model is open: what was shown is of the old one. */
  readonly reset: () => void;
}

type Shown = 'predictions' | 'layers' | 'weights' | 'softLabels';

export function createLooker(room: Room, jobs: Jobs, afterExport: () => void): Looker {
  const { store, client } = room;
  const running = new Map<Shown, AbortController>();

  const load = async <Name extends Shown>(
    name: Name,
    ask: (signal: AbortSignal) => Promise<StudioState[Name] extends Loadable<infer T> ? T : never>,
  ): Promise<void> => {
    running.get(name)?.abort();
    const controller = new AbortController();
    running.set(name, controller);
    const put = (value: Loadable<unknown>): void => {
      if (running.get(name) === controller) store.setState({ [name]: value });
    };
    put({ kind: 'loading', before: shown<unknown>(store.getState()[name]) });
    try {
      put({ kind: 'ready', value: await ask(controller.signal) });
    } catch (thrown) {
      const error = toPlainError(thrown, name);
      put(isCancelled(error) ? { kind: 'none' } : { kind: 'failed', error });
    } finally {
      if (running.get(name) === controller) running.delete(name);
    }
  };

  const exportShown = async (): Promise<void> => {
    store.setState({ exported: { kind: 'loading', before: undefined } });
    const outcome = await jobs.run('export', async ({ signal, onProgress }) => {
      const recipe = store.getState().history.present;
      const variant = await liveVariant(room, signal);
      const reply = await client.call('export', { variant }, { signal, onProgress });
      const point = pointOf(store.getState(), recipe);
      if (point === undefined) throw new Error('the exported variant has no point');
      return { ...reply, point };
    });
    store.setState({ exported: outcomeShown(outcome) });
    afterExport();
  };

  return {
    softLabels: () =>
      void load('softLabels', (signal) =>
        client.call('soft-labels', { count: softLabelSamples }, { signal }),
      ),
    predictions(offset, count) {
      // There is no variant yet to predict with.
      if (waitsForTraining(store.getState()) || refusesNow(store.getState())) {
        running.get('predictions')?.abort();
        running.delete('predictions');
        return store.setState({ predictions: { kind: 'none' } });
      }
      void load('predictions', async (signal) => {
        const variant = await liveVariant(room, signal);
        return {
          ...(await client.call('predictions', { variant, offset, count }, { signal })),
          variantId: variant,
        };
      });
    },
    layers: (profile) =>
      void load('layers', async (signal) => {
        const variant = await liveVariant(room, signal);
        return {
          ...(await client.call('layers', { variant, profile }, { signal })),
          variantId: variant,
        };
      }),
    weights: (weight) =>
      void load('weights', async (signal) => {
        const recipe = store.getState().history.present;
        return { ...(await client.call('weights', { recipe, weight }, { signal })), recipe };
      }),
    export: () => void exportShown(),
    closeExport() {
      if (jobs.task() === 'export') jobs.cancel();
      store.setState({ exported: { kind: 'none' } });
    },
    reset() {
      for (const controller of running.values()) controller.abort();
      running.clear();
      store.setState({
        predictions: { kind: 'none' },
        layers: { kind: 'none' },
        weights: { kind: 'none' },
        exported: { kind: 'none' },
      });
    },
  };
}

const softLabelSamples = 8;

const outcomeShown = <T>(outcome: JobOutcome<T>): Loadable<T> =>
  outcome.kind === 'done'
    ? { kind: 'ready', value: outcome.value }
    : outcome.kind === 'failed'
      ? { kind: 'failed', error: outcome.error }
      : { kind: 'none' };
