import { formOf } from './recipe-edits.ts';
import { parseRecipe, type Recipe, type Step } from '../engine/forms.ts';

/**
 * The recipe in the page's address: `#v=1&sample=digits&recipe=<base64url of JSON>`. Options that have their default are left out,
 * so that links stay short. Reading is forgiving: whatever is not known or not valid is ignored, key by key, and named to
 * the caller; nothing from the address is used as a key of an object unless the method's own form names it.
 */
export interface Link {
  readonly sample: string | undefined;
  readonly recipe: Recipe;
}
export interface ReadLink extends Link {
  /** What was left out because it was not understood. */
  readonly ignored: readonly string[];
}

export const longestLink = 2000;

/** The hash with its `#`; undefined when it would be too long to be shared. */
export function writeLink(link: Link): string | undefined {
  const parts = ['v=1'];
  if (link.sample !== undefined) parts.push(`sample=${encodeURIComponent(link.sample)}`);
  const { recipe } = link;
  if (recipe.steps.length > 0 || recipe.seed !== 0) {
    const compact = {
      seed: recipe.seed === 0 ? undefined : recipe.seed,
      steps: recipe.steps.map(compactStep),
    };
    parts.push(`recipe=${toBase64Url(JSON.stringify(compact))}`);
  }
  const hash = `#${parts.join('&')}`;
  return hash.length <= longestLink ? hash : undefined;
}

function compactStep(step: Step): Record<string, unknown> {
  const defaults: Readonly<Record<string, unknown>> = { ...formOf(step.method)?.defaults };
  const entries = Object.entries(step).filter(
    ([key, value]) => key === 'method' || JSON.stringify(value) !== JSON.stringify(defaults[key]),
  );
  return Object.fromEntries(entries);
}

/** undefined: the hash is none of ours (empty, another version, not text we wrote). */
export function readLink(hash: string): ReadLink | undefined {
  if (hash.length > longestLink || !hash.startsWith('#')) return undefined;
  const fields = new URLSearchParams(hash.slice(1));
  if (fields.get('v') !== '1') return undefined;
  const sample = fields.get('sample') ?? undefined;
  const safeSample = sample !== undefined && /^[\w-]{1,64}$/.test(sample) ? sample : undefined;
  const ignored: string[] = sample === safeSample ? [] : ['sample'];
  const encoded = fields.get('recipe');
  const json = encoded === null ? {} : parseJson(encoded);
  if (json === undefined) ignored.push('recipe');
  return { sample: safeSample, recipe: readRecipe(json, ignored), ignored };
}

function parseJson(encoded: string): unknown {
  try {
    return JSON.parse(fromBase64Url(encoded)) as unknown;
  } catch {
    return undefined;
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function readRecipe(json: unknown, ignored: string[]): Recipe {
  const source = isRecord(json) ? json : {};
  const seed = own(source, 'seed');
  const safeSeed = Number.isSafeInteger(seed) ? (seed as number) : 0;
  if (seed !== undefined && safeSeed !== seed) ignored.push('seed');
  const list = own(source, 'steps');
  const steps = (Array.isArray(list) ? list.slice(0, 64) : [])
    .map((step: unknown, index) => readStep(step, `steps[${index}]`, ignored))
    .filter((step) => step !== undefined);
  return { version: 1, seed: safeSeed, steps };
}

const own = (record: Readonly<Record<string, unknown>>, key: string): unknown =>
  Object.hasOwn(record, key) ? record[key] : undefined;

/** A step with the options that are valid one by one; the method's schema fills in the rest. */
function readStep(json: unknown, where: string, ignored: string[]): Step | undefined {
  const method = isRecord(json) ? own(json, 'method') : undefined;
  const form = typeof method === 'string' ? formOf(method) : undefined;
  if (!isRecord(json) || form === undefined) {
    ignored.push(where);
    return undefined;
  }
  let step: Step = { ...form.defaults, method: form.id };
  for (const key of Object.keys(json)) {
    if (key === 'method') continue;
    const candidate =
      key === 'off' || Object.hasOwn(step, key) || form.optional.includes(key)
        ? { ...step, [key]: json[key] }
        : undefined;
    const parsed =
      candidate === undefined
        ? undefined
        : parseRecipe({ version: 1, seed: 0, steps: [candidate] });
    const accepted = parsed?.ok === true ? parsed.value.steps[0] : undefined;
    if (accepted === undefined || (key === 'off' && typeof json[key] !== 'boolean'))
      ignored.push(`${where}.${key}`);
    else step = accepted;
  }
  return step;
}

function toBase64Url(text: string): string {
  const bytes = new TextEncoder().encode(text);
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

function fromBase64Url(encoded: string): string {
  const binary = atob(encoded.replaceAll('-', '+').replaceAll('_', '/'));
  const bytes = Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
}
