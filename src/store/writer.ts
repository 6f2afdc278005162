import type { GeneratedTexts } from '../worker/protocol.ts';
import { type Continuation, type ContinuationOrder, writesAlone } from './continuation.ts';
import type { Jobs } from './jobs.ts';
import { liveVariant } from './live-variant.ts';
import type { Room } from './room.ts';

/** Going on with a text: both models write, a token each in turn, until they are done or stopped. */
export interface Writer {
  readonly write: (order: ContinuationOrder) => void;
  /** Another model or other data: what was written is of the old one. */
  readonly reset: () => void;
}

export function createWriter(
  room: Room,
  jobs: Jobs,
  /** What was measured before goes on. */
  afterwards: () => void,
): Writer {
  const { store, client } = room;

  const write = async (order: ContinuationOrder): Promise<void> => {
    const state = store.getState();
    const recipe = state.history.present;
    const alone = writesAlone(state) !== undefined;
    let shown: Continuation = {
      recipe,
      order,
      alone,
      state: 'running',
      texts: undefined,
      error: undefined,
    };
    const show = (change: Partial<Continuation>): void => {
      // A newer text has taken its place.
      if (store.getState().continuation !== shown) return;
      shown = { ...shown, ...change };
      store.setState({ continuation: shown });
    };
    store.setState({ continuation: shown });
    const outcome = await jobs.run('generate', async ({ signal, onProgress }) => {
      const variant = alone ? 'original' : await liveVariant(room, signal);
      const onGenerated = (texts: GeneratedTexts): void => {
        if (!signal.aborted) show({ texts });
      };
      return client.call('generate', { ...order, variant }, { signal, onProgress, onGenerated });
    });
    if (outcome.kind === 'done') show({ state: 'done', texts: outcome.value });
    else if (outcome.kind === 'cancelled') show({ state: 'stopped' });
    else show({ state: 'failed', error: outcome.error });
    afterwards();
  };

  return {
    write: (order) => void write(order),
    reset: () => store.setState({ continuation: undefined }),
  };
}
