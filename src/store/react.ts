import { createContext, startTransition, useContext, useEffect, useState } from 'react';
import { useStore } from 'zustand';
import type { Studio } from './create-studio.ts';
import type { StudioState } from './state.ts';
import type { Actions } from './studio.ts';

/** The one file of the store that knows React. Components select; what a selector returns decides when they render. */
const StudioContext = createContext<Studio | undefined>(undefined);

export const StudioProvider = StudioContext.Provider;

function useStudioContext(): Studio {
  const studio = useContext(StudioContext);
  if (studio === undefined) throw new Error('no StudioProvider above this component');
  return studio;
}

/** A piece of the state; renders again when it is no longer the same (`Object.is`). */
export const useStudio = <T>(select: (state: StudioState) => T): T =>
  useStore(useStudioContext().store, select);

/**
 * The same for what is costly to draw and may follow a moment later (charts): the change is rendered as a transition, in slices
 * that give way to the hand on a slider and to the figures. `select` must be the same function while it selects the same thing.
 */
export function useStudioLater<T>(select: (state: StudioState) => T): T {
  const { store } = useStudioContext();
  const [seen, setSeen] = useState(() => ({ select, value: select(store.getState()) }));
  useEffect(() => {
    const look = (): void => {
      const value = select(store.getState());
      startTransition(() =>
        setSeen((before) =>
          before.select === select && Object.is(before.value, value) ? before : { select, value },
        ),
      );
    };
    look();
    return store.subscribe(look);
  }, [store, select]);
  // Another question: its answer is not the one to the question before.
  return seen.select === select ? seen.value : select(store.getState());
}

export const useActions = (): Actions => useStudioContext().actions;
