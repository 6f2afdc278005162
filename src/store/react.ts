import { createContext, useContext } from 'react';
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

export const useActions = (): Actions => useStudioContext().actions;
