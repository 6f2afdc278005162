import { createContext, useContext } from 'react';

/**
 * Words in the reader's language. Components ask by key; which keys exist is declared by the app's dictionaries, which add
 * themselves to this interface (declaration merging), so that a key without words does not compile although ui and features do not
 * import the app.
 */
// eslint-disable-next-line typescript/no-empty-interface
export interface Dictionary {}
export type Key = Extract<keyof Dictionary, string>;
export type WordData = Readonly<Record<string, string | number>>;

export interface Words {
  readonly language: 'en' | 'ko';
  /** The words of `key`, `{name}` replaced from `data`. */
  readonly t: (key: Key, data?: WordData) => string;
  /** For names that come as data (a method's option, a value): undefined where the dictionary has none. */
  readonly maybe: (key: string, data?: WordData) => string | undefined;
}

const WordsContext = createContext<Words | undefined>(undefined);
export const WordsProvider = WordsContext.Provider;

export function useWords(): Words {
  const words = useContext(WordsContext);
  if (words === undefined) throw new Error('no WordsProvider above this component');
  return words;
}

/** Replaces `{name}` by `data.name`; a name without data stays as it is, so that a slip is seen. */
export const fillIn = (template: string, data: WordData = {}): string =>
  template.replace(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(data, name) ? String(data[name]) : whole,
  );
