/**
 * What a drop holds. Sorted by name only: nothing is read here. A recipe is a `.json`, but for the tokenizer of a text; data is pictures, arrays, text or IDX files; what
 * is left beside a model is its external data.
 */
export interface SortedFiles {
  readonly models: readonly File[];
  readonly recipes: readonly File[];
  readonly data: readonly File[];
  /** Files that only a model can explain: external data under any name. */
  readonly other: readonly File[];
}

const ending = (file: File): string => /\.([^./]+)$/.exec(file.name.toLowerCase())?.[1] ?? '';

const dataEndings = new Set([
  'npz',
  'npy',
  'csv',
  'tsv',
  'jsonl',
  'ndjson',
  'txt',
  'text',
  'png',
  'jpg',
  'jpeg',
  'webp',
  'bmp',
  'gif',
]);
const isIdx = (file: File): boolean => /idx[123]-ubyte(\.gz)?$/i.test(file.name);
/** Of the text beside it. */
const isTokenizer = (file: File): boolean => /tokenizer\.json$/i.test(file.name);
const isHidden = (file: File): boolean => /(^|\/)\.[^/]*$/.test(file.name);

export function sortFiles(files: readonly File[]): SortedFiles {
  const models: File[] = [];
  const recipes: File[] = [];
  const data: File[] = [];
  const other: File[] = [];
  for (const file of files) {
    if (isHidden(file)) continue;
    const end = ending(file);
    if (end === 'onnx') models.push(file);
    else if (isTokenizer(file)) data.push(file);
    else if (end === 'json') recipes.push(file);
    else if (dataEndings.has(end) || isIdx(file)) data.push(file);
    else other.push(file);
  }
  // A single unknown file is taken for a model, so that it gets an answer in words instead of silence.
  const lone = models.length + recipes.length + data.length === 0;
  return lone ? { models: other, recipes, data, other: [] } : { models, recipes, data, other };
}

/** The last part of a path: external data is named relative to the model. */
export const baseName = (name: string): string => name.split('/').at(-1) ?? name;
