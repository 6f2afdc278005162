/**
 * Numbers as people read them: always with their unit, three significant digits, in the reader's language. Decimal units for bytes
 * (1 kB = 1,000 bytes), as file managers and model cards use. Number and unit are never parted by a line break (`nbsp`).
 */
export type Language = 'en' | 'ko';

const minus = '−';
/** No-break space. */
export const nbsp = '\u00a0';
const formats = new Map<string, Intl.NumberFormat>();

function numberFormat(language: Language, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = `${language}${JSON.stringify(options)}`;
  const known = formats.get(key);
  if (known !== undefined) return known;
  const made = new Intl.NumberFormat(language === 'ko' ? 'ko-KR' : 'en-US', options);
  formats.set(key, made);
  return made;
}

const write = (language: Language, value: number, digits: number): string =>
  numberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits })
    .format(value)
    .replace('-', minus);

/** Digits after the point so that about three significant ones are shown. */
const digitsFor = (value: number): number => {
  const size = Math.abs(value);
  return size >= 99.95 || size === 0 ? 0 : size >= 9.995 ? 1 : 2;
};

const scale = (
  language: Language,
  value: number,
  units: readonly string[],
  step: number,
): string => {
  let scaled = value;
  let unit = 0;
  // 999.5 would be written "1,000": the next unit begins there.
  while (Math.abs(scaled) >= step * 0.9995 && unit < units.length - 1) {
    scaled /= step;
    unit += 1;
  }
  const digits = unit === 0 ? 0 : digitsFor(scaled);
  const name = units[unit] ?? '';
  return name === ''
    ? write(language, scaled, digits)
    : `${write(language, scaled, digits)}${nbsp}${name}`;
};

export const formatBytes = (bytes: number, language: Language): string =>
  scale(language, bytes, ['B', 'kB', 'MB', 'GB', 'TB'], 1000);

/** Counts of parameters: 201 k, 25.6 M. */
export const formatCount = (count: number, language: Language): string =>
  scale(language, count, ['', 'k', 'M', 'G', 'T'], 1000);

/** Multiply-accumulates: 31.2 MMAC. */
export const formatMacs = (macs: number, language: Language): string =>
  scale(language, macs, ['MAC', 'kMAC', 'MMAC', 'GMAC', 'TMAC'], 1000);

export const formatInteger = (value: number, language: Language): string =>
  write(language, Math.round(value), 0);

export const formatNumber = (value: number, digits: number, language: Language): string =>
  write(language, value, digits);

/** Milliseconds, or µs and s where they read better. */
export function formatMs(ms: number, language: Language): string {
  if (!Number.isFinite(ms)) return '–';
  if (ms < 0.1) return `${write(language, ms * 1000, digitsFor(ms * 1000))}${nbsp}µs`;
  if (ms >= 9995) return `${write(language, ms / 1000, digitsFor(ms / 1000))}${nbsp}s`;
  return `${write(language, ms, digitsFor(ms))}${nbsp}ms`;
}

/** A share 0..1 as a percentage with `digits` decimals. */
export const formatPercent = (share: number, language: Language, digits = 1): string =>
  `${write(language, share * 100, digits)}${nbsp}%`;

/** Of a language model: three significant digits, large ones as counts. */
export const formatPerplexity = (value: number, language: Language): string =>
  value >= 99_950 ? formatCount(value, language) : write(language, value, digitsFor(value));

/** A difference of two shares, in percentage points, signed. */
export const formatPoints = (difference: number, language: Language, digits = 1): string =>
  `${signed(difference * 100, language, digits)}${nbsp}pt`;

/** Always with its sign; zero has none. */
export function signed(value: number, language: Language, digits: number): string {
  const text = write(language, Math.abs(value), digits);
  const isZero = Number(Math.abs(value).toFixed(digits)) === 0;
  return isZero ? text : `${value < 0 ? minus : '+'}${text}`;
}

/** `2.21 ×`; Korean has a word for it. */
export function formatTimes(ratio: number, language: Language): string {
  if (!Number.isFinite(ratio)) return '–';
  const number = write(language, ratio, digitsFor(ratio));
  return language === 'ko' ? `${number}배` : `${number}${nbsp}×`;
}

export const formatDb = (db: number, language: Language): string =>
  db === Number.POSITIVE_INFINITY ? `∞${nbsp}dB` : `${write(language, db, 1)}${nbsp}dB`;

/** Small numbers of no unit, such as an error: 3.2e-5 reads better than 0.000032. */
export function formatTiny(value: number, language: Language): string {
  if (value === 0) return '0';
  if (Math.abs(value) >= 1e-3 && Math.abs(value) < 1e5)
    return numberFormat(language, { maximumSignificantDigits: 3 })
      .format(value)
      .replace('-', minus);
  return value.toExponential(1).replace('-', minus).replace('e-', 'e−').replace('e+', 'e');
}

/** Seconds left, in words short enough for a line. */
export const formatSeconds = (ms: number, language: Language): string => {
  const seconds = Math.max(1, Math.round(ms / 1000));
  if (seconds < 90) return `${write(language, seconds, 0)}${nbsp}s`;
  return `${write(language, Math.round(seconds / 60), 0)}${nbsp}min`;
};
