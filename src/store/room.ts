import type { StoreApi } from 'zustand/vanilla';
import type { StudioClient } from '../worker/client.ts';
import type { Scheduler } from './scheduler.ts';
import type { Notice, StudioState } from './state.ts';

/** What every controller works with. */
export interface Room {
  readonly store: StoreApi<StudioState>;
  readonly client: StudioClient;
  readonly scheduler: Scheduler;
}

type NoticeBody = Notice extends infer Each
  ? Each extends Notice
    ? Omit<Each, 'id'>
    : never
  : never;

/** Adds a notice; one of the same kind about the same thing is replaced, so that they never pile up. */
export function notify(room: Room, body: NoticeBody): void {
  room.store.setState((state) => {
    const id = Math.max(0, ...state.notices.map((notice) => notice.id)) + 1;
    const same = (notice: Notice): boolean =>
      notice.kind === body.kind &&
      (notice.kind !== 'error' || body.kind !== 'error' || notice.about === body.about);
    const notice = { ...body, id } as Notice;
    return { notices: [...state.notices.filter((other) => !same(other)), notice] };
  });
}

/** Takes back notices that no longer hold, e.g. the error of an attempt that now succeeded. */
export function withdraw(room: Room, holds: (notice: Notice) => boolean): void {
  room.store.setState((state) =>
    state.notices.some(holds)
      ? { notices: state.notices.filter((notice) => !holds(notice)) }
      : state,
  );
}
