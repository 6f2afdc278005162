import type { Language, Sample } from './state.ts';

/**
 * `samples/index.json`: what comes with the studio. Read leniently: a row that is not complete is left out, so that
 * one bad row does not take the others away.
 */
export function readSampleIndex(json: unknown, baseUrl: string): Sample[] {
  const rows = isRecord(json) ? json['samples'] : json;
  return Array.isArray(rows)
    ? rows.map((row: unknown) => readSample(row, baseUrl)).filter((sample) => sample !== undefined)
    : [];
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const text = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined;
const number = (value: unknown): number | undefined =>
  typeof value === 'number' ? value : undefined;

function inLanguages(value: unknown, fallback: string): Record<Language, string> {
  if (typeof value === 'string') return { en: value, ko: value };
  const record = isRecord(value) ? value : {};
  const en = text(record['en']) ?? fallback;
  return { en, ko: text(record['ko']) ?? en };
}

function readSample(row: unknown, baseUrl: string): Sample | undefined {
  if (!isRecord(row)) return undefined;
  const name = text(row['name']);
  const model = text(row['model']);
  const data = text(row['data']);
  if (name === undefined || model === undefined || data === undefined) return undefined;
  const address = (path: string): string => new URL(path, baseUrl).href;
  const picture = text(row['picture']);
  return {
    name,
    title: inLanguages(row['title'], name),
    description: inLanguages(row['description'], ''),
    modelUrl: address(model),
    dataUrl: address(data),
    pictureUrl: picture === undefined ? undefined : address(picture),
    sizeBytes: number(row['sizeBytes']) ?? 0,
    accuracy: number(row['accuracy']),
    perplexity: number(row['perplexity']),
    params: number(row['params']),
  };
}
