import {
  type KeyboardEvent,
  type PointerEvent,
  type RefObject,
  useEffect,
  useMemo,
  useRef,
  useState,
} from 'react';

/** What the grip of a card listens to. */
export interface ReorderHandle {
  readonly onPointerDown: (event: PointerEvent<HTMLElement>) => void;
  readonly onKeyDown: (event: KeyboardEvent<HTMLElement>) => void;
}

export interface Reorder {
  readonly dragging: number | undefined;
  /** One for each card; the same objects for as long as there are as many cards. */
  readonly handles: readonly ReorderHandle[];
}

/**
 * Reordering by drag (mouse and touch alike) and by the arrow keys. A dragged card changes places as soon as the pointer has
 * crossed the middle of its neighbour. The pointer is followed on the window: the card itself is moved in the document, which would
 * end a pointer capture.
 */
export function useReorder(
  list: RefObject<HTMLOListElement | null>,
  count: number,
  move: (from: number, to: number) => void,
): Reorder {
  const [dragging, setDragging] = useState<number | undefined>(undefined);

  const newest = useRef(move);
  useEffect(() => {
    newest.current = move;
  }, [move]);

  const handles = useMemo(() => {
    const targetAt = (y: number, from: number): number => {
      const items = [...(list.current?.querySelectorAll<HTMLElement>('[data-step]') ?? [])];
      const middle = (item: HTMLElement): number => {
        const { top, height } = item.getBoundingClientRect();
        return top + height / 2;
      };
      const above = items.filter((item, i) => i !== from && middle(item) < y).length;
      return Math.min(count - 1, above);
    };

    const drag = (index: number): void => {
      let at = index;
      const follow = (event: globalThis.PointerEvent): void => {
        const to = targetAt(event.clientY, at);
        if (to === at) return;
        newest.current(at, to);
        at = to;
        setDragging(to);
      };
      const end = (): void => {
        setDragging(undefined);
        globalThis.removeEventListener('pointermove', follow);
        globalThis.removeEventListener('pointerup', end);
        globalThis.removeEventListener('pointercancel', end);
      };
      setDragging(index);
      globalThis.addEventListener('pointermove', follow);
      globalThis.addEventListener('pointerup', end);
      globalThis.addEventListener('pointercancel', end);
    };

    return Array.from(
      { length: count },
      (_, index): ReorderHandle => ({
        onPointerDown(event) {
          if (event.button === 0) drag(index);
        },
        onKeyDown(event) {
          const by = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : 0;
          const to = index + by;
          if (by === 0 || to < 0 || to >= count) return;
          event.preventDefault();
          newest.current(index, to);
          const target = list.current;
          // The card moved: the focus goes with it.
          requestAnimationFrame(() =>
            target?.querySelector<HTMLElement>(`[data-step="${to}"] [data-grip]`)?.focus(),
          );
        },
      }),
    );
  }, [list, count]);

  return { dragging, handles };
}
