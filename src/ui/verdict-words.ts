import { formatNumber } from './format.ts';
import type { Words } from './words.ts';

/** A verdict as it comes from the engine: a code, numbers, and the sentence in English. */
interface VerdictLike {
  readonly code: string;
  readonly data: Readonly<Record<string, number | string>>;
  readonly message: string;
}

/** The verdict in the reader's language; the engine's own English where its data does not fill our sentence. */
export function verdictWords(
  { code, data, message }: VerdictLike,
  { maybe, language }: Words,
): string {
  const written = Object.fromEntries(
    Object.entries(data).map(([key, value]) => [
      key,
      typeof value === 'string' ? value : number(key, value),
    ]),
  );
  const filled = maybe(`verdict.${code}`, written);
  return filled === undefined || /\{\w+\}/.test(filled) ? message : filled;

  function number(key: string, value: number): string {
    if (key === 'percent') return formatNumber(value, 0, language);
    const digits = key === 'factor' || key === 'speedup' ? 2 : Number.isInteger(value) ? 0 : 1;
    const text = formatNumber(value, digits, language);
    return key === 'points' && value > 0 ? `+${text}` : text;
  }
}
