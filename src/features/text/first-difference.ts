/** Two texts that begin alike, cut where they part: at the beginning of the first word that differs, so that no word is torn. */
export interface Parting {
  /** What both begin with. */
  readonly common: string;
  readonly words: number;
  /** The first word of each that differs, with the space before it; '' where one has ended. */
  readonly marked: readonly [string, string];
  /** What follows. */
  readonly rest: readonly [string, string];
}

/**
 * undefined while nothing differs. While a text is being written (`growing`), one that is only shorter has not parted from the other: the next
 * token may be the same.
 */
export function firstDifference(a: string, b: string, growing: boolean): Parting | undefined {
  if (a === b || (growing && (a.startsWith(b) || b.startsWith(a)))) return undefined;
  let at = 0;
  while (at < a.length && at < b.length && a[at] === b[at]) at++;
  // Back over the word that both have begun, and the space before it.
  const common = a.slice(0, at).replace(isWithinWord(a, b, at) ? /\s*\S*$/ : /\s*$/, '');
  const [left, right] = [cut(a.slice(common.length)), cut(b.slice(common.length))];
  return {
    common,
    words: common.split(/\s+/).filter((word) => word !== '').length,
    marked: [left.marked, right.marked],
    rest: [left.rest, right.rest],
  };
}

/** One of the two goes on with the word that the common part ends in. */
const isWithinWord = (a: string, b: string, at: number): boolean =>
  at > 0 && [a, b].some((text) => /^\S{2}/.test(text.slice(at - 1)));

function cut(text: string): { readonly marked: string; readonly rest: string } {
  const marked = /^\s*\S*/.exec(text)?.[0] ?? '';
  return { marked, rest: text.slice(marked.length) };
}
