/**
 * Undo and redo over immutable values. Changes that carry the same `gesture` as the change before (one drag of a slider, one
 * burst of typing) are one entry: undo goes back to before the gesture began.
 */
export interface History<T> {
  readonly past: readonly T[];
  readonly present: T;
  readonly future: readonly T[];
  /** The gesture that made `present`, while it may still continue. */
  readonly gesture: string | undefined;
}

const longest = 200;

export const emptyHistory = <T>(present: T): History<T> => ({
  past: [],
  present,
  future: [],
  gesture: undefined,
});

export function change<T>(history: History<T>, present: T, gesture?: string): History<T> {
  if (gesture !== undefined && gesture === history.gesture)
    return { ...history, present, future: [] };
  const past = [...history.past, history.present].slice(-longest);
  return { past, present, future: [], gesture };
}

/** Ends a gesture: the next change is a new entry. A gesture that came back to where it began leaves no entry. */
export function settle<T>(history: History<T>, same: (a: T, b: T) => boolean): History<T> {
  if (history.gesture === undefined) return history;
  const before = history.past.at(-1);
  const nothing = before !== undefined && same(before, history.present);
  return {
    ...history,
    past: nothing ? history.past.slice(0, -1) : history.past,
    gesture: undefined,
  };
}

export function undo<T>(history: History<T>): History<T> {
  const before = history.past.at(-1);
  if (before === undefined) return history;
  return {
    past: history.past.slice(0, -1),
    present: before,
    future: [history.present, ...history.future],
    gesture: undefined,
  };
}

export function redo<T>(history: History<T>): History<T> {
  const [next, ...future] = history.future;
  if (next === undefined) return history;
  return { past: [...history.past, history.present], present: next, future, gesture: undefined };
}
