import type { Room } from './room.ts';
import { notify, withdraw } from './room.ts';
import type { SavedSession, SessionKeeper } from './saved-session.ts';
import { debounce } from './scheduler.ts';
import type { StudioState } from './state.ts';

/** Writes the session down a moment after something worth keeping has changed; one write at a time. */
export function startSaving(room: Room, keeper: SessionKeeper): () => void {
  let writing = false;
  let again = false;
  const write = async (): Promise<void> => {
    if (writing) {
      again = true;
      return;
    }
    const session = sessionOf(room.store.getState());
    if (session === undefined) return;
    writing = true;
    const result = await keeper.save(session);
    writing = false;
    if (result === 'full') notify(room, { kind: 'storage-full' });
    else withdraw(room, (notice) => notice.kind === 'storage-full');
    if (again) {
      again = false;
      timer.later();
    }
  };
  const timer = debounce(room.scheduler, 800, () => void write());
  const stop = room.store.subscribe((state, before) => {
    const same =
      state.source === before.source &&
      state.data === before.data &&
      state.students === before.students &&
      state.history.present === before.history.present &&
      state.points === before.points &&
      state.settings === before.settings;
    if (!same) timer.later();
  });
  return () => {
    stop();
    timer.stop();
  };
}

function sessionOf(state: StudioState): SavedSession | undefined {
  const { source, model, data, history, points, settings, students } = state;
  if (source === undefined || model === undefined || data === undefined) return undefined;
  return {
    version: 1,
    source,
    modelId: model.id,
    recipe: history.present,
    points,
    settings,
    preprocess: data.kind === 'synthetic' ? undefined : data.guess.preprocess,
    students,
  };
}
