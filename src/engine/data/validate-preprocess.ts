import { EngineError } from '../core/index.ts';
import type { Preprocess } from './dataset.ts';

/**
 * Checks a `--preprocess` document. Every key may be left out; what is given replaces what was guessed.
 * Throws `argument/invalid`, naming the key.
 */
export function validatePreprocess(json: unknown, where = 'preprocess'): Partial<Preprocess> {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw invalid(where, 'not a JSON object');
  const checked: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(json)) {
    const rule = Object.hasOwn(rules, key) ? rules[key as keyof Preprocess] : undefined;
    if (rule === undefined)
      throw invalid(`${where}.${key}`, `unknown key; known are ${Object.keys(rules).join(', ')}`);
    if (!rule.holds(value))
      throw invalid(
        `${where}.${key}`,
        `${(JSON.stringify(value) ?? 'undefined').slice(0, 80)} is not ${rule.words}`,
      );
    checked[key] = value;
  }
  const { mean, std } = checked as Partial<Preprocess>;
  if (
    mean !== undefined &&
    std !== undefined &&
    mean.length !== std.length &&
    mean.length !== 1 &&
    std.length !== 1
  )
    throw invalid(`${where}.std`, `${std.length} numbers, and mean has ${mean.length}`);
  return checked;
}

interface Rule {
  readonly holds: (value: unknown) => boolean;
  readonly words: string;
}

const isNumber = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value);
const numbers = (value: unknown, count: readonly number[], each: (n: number) => boolean): boolean =>
  Array.isArray(value) &&
  count.includes(value.length) &&
  value.every((n) => isNumber(n) && each(n));
const oneOf = (...names: string[]): Rule => ({
  holds: (value) => typeof value === 'string' && names.includes(value),
  words: `one of ${names.join(', ')}`,
});
const always = (): boolean => true;

const rules: Readonly<Record<keyof Preprocess, Rule>> = {
  layout: oneOf('NCHW', 'NHWC'),
  size: {
    holds: (value) => numbers(value, [2], (n) => Number.isInteger(n) && n >= 1 && n <= 8192),
    words: '[height, width] in 1..8192',
  },
  resize: oneOf('crop', 'stretch', 'none'),
  channels: oneOf('RGB', 'BGR', 'GRAY'),
  range: { holds: (value) => numbers(value, [2], always), words: '[low, high]' },
  mean: {
    holds: (value) => numbers(value, [1, 3], always),
    words: 'one number, or one per channel',
  },
  std: {
    holds: (value) => numbers(value, [1, 3], (n) => n !== 0),
    words: 'one number, or one per channel, none of them 0',
  },
  classOffset: { holds: (value) => Number.isSafeInteger(value), words: 'a whole number' },
  quantization: {
    holds: (value) =>
      typeof value === 'object' &&
      value !== null &&
      Object.keys(value).toSorted().join() === 'scale,zeroPoint' &&
      isNumber((value as Record<string, unknown>)['scale']) &&
      ((value as Record<string, unknown>)['scale'] as number) > 0 &&
      Number.isInteger((value as Record<string, unknown>)['zeroPoint']),
    words: '{ "scale": positive, "zeroPoint": whole }',
  },
};

const invalid = (where: string, detail: string): EngineError =>
  new EngineError('argument/invalid', { where, detail });
