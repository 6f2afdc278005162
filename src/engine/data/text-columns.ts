/**
 * Which columns of a table (or keys of an object) hold the text and the label. Names first, as the common public
 * sets use them; where there is no header, a column of short whole numbers is the label and everything else is text.
 */
const textNames = [
  'text',
  'sentence',
  'review',
  'content',
  'document',
  'comment',
  'tweet',
  'message',
  'description',
  'question',
  'input',
];
const labelNames = [
  'label',
  'labels',
  'class',
  'category',
  'target',
  'sentiment',
  'y',
  'intent',
  'output',
];

export interface TextColumns {
  /** Joined by one space where there are several. */
  readonly text: readonly number[];
  readonly label: number | undefined;
}

/** Columns by name; undefined when no name is known, that is, when this is no header. */
export function columnsByName(names: readonly string[]): TextColumns | undefined {
  const clean = names.map((name) => name.trim().toLowerCase());
  const find = (known: readonly string[]): number | undefined => {
    const name = known.find((candidate) => clean.includes(candidate));
    return name === undefined ? undefined : clean.indexOf(name);
  };
  const text = find(textNames);
  const label = find(labelNames);
  if (text !== undefined) return { text: [text], label };
  if (label === undefined) return undefined;
  const others = clean
    .map((_, i) => i)
    .filter((i) => i !== label && clean[i] !== 'id' && clean[i] !== '');
  return others.length === 0 ? undefined : { text: others, label };
}

/** Columns of a table without a header, from one of its rows. */
export function columnsByContent(row: readonly string[]): TextColumns {
  const all = row.map((_, i) => i);
  if (row.length < 2) return { text: all, label: undefined };
  const isIndex = (field: string | undefined): boolean => /^\s*\d{1,9}\s*$/.test(field ?? '');
  const last = row.length - 1;
  const label = isIndex(row[0])
    ? 0
    : isIndex(row[last]) || (row[last] ?? '').length < (row[0] ?? '').length
      ? last
      : 0;
  return { text: all.filter((i) => i !== label), label };
}
