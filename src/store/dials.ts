import { methodForms, type Recipe, type Step } from '../engine/forms.ts';
import { defaultStep, formOf, insertStep, removeStep, replaceStep } from './recipe-edits.ts';

/**
 * The two prominent dials, pruning and bit-width, as views of the recipe: they show the first step of their family and
 * change it; dialled to nothing (0 %, 32 bits) the step leaves the recipe, dialled up again it comes back where its family
 * belongs: pruning first, quantization last.
 */
export type Family = 'prune' | 'quantize';

export const familyOf = (method: string): Family | undefined =>
  method.startsWith('prune-') ? 'prune' : method.startsWith('quantize-') ? 'quantize' : undefined;

export const familyIndex = (recipe: Recipe, family: Family): number =>
  recipe.steps.findIndex((step) => familyOf(step.method) === family);

export type Remembered = Readonly<Record<string, Step>>;
export interface DialChange {
  readonly recipe: Recipe;
  readonly remembered: Remembered;
}

// --- pruning

export interface PruningDial {
  /** undefined: nothing is pruned. */
  readonly index: number | undefined;
  readonly ratio: number;
  /** `prune-channels`, `prune-weights` or `prune-weights:2:4`. */
  readonly kind: string;
  /** The pattern itself fixes how much goes. */
  readonly fixed: boolean;
  readonly max: number;
}

const choices = (method: string, key: string): readonly (string | number)[] => {
  const field = formOf(method)?.fields.find((each) => each.key === key);
  return field?.kind === 'choice' ? field.values : [];
};

/** Every kind of pruning the engine has; N:M patterns are kinds of their own. */
export const pruningKinds = (): string[] =>
  methodForms
    .map((form) => form.id)
    .filter((id) => familyOf(id) === 'prune')
    .flatMap((id) => {
      const patterns = choices(id, 'pattern').filter((pattern) => pattern !== 'unstructured');
      return [id, ...patterns.map((pattern) => `${id}:${pattern}`)];
    });

const kindOf = (step: Step): string =>
  typeof step['pattern'] === 'string' && step['pattern'] !== 'unstructured'
    ? `${step.method}:${step['pattern']}`
    : step.method;

function asKind(step: Step, kind: string): Step {
  const [method = '', ...rest] = kind.split(':');
  const pattern = rest.length > 0 ? rest.join(':') : 'unstructured';
  const base =
    step.method === method
      ? step
      : { ...defaultStep(method), ratio: clampRatio(method, step['ratio']) };
  const off = step.off === true ? { off: true } : {};
  return choices(method, 'pattern').length > 0 ? { ...base, ...off, pattern } : { ...base, ...off };
}

const maxRatio = (method: string): number => {
  const field = formOf(method)?.fields.find((each) => each.key === 'ratio');
  return field?.kind === 'slider' ? field.max : 1;
};

const clampRatio = (method: string, ratio: unknown): number =>
  Math.min(maxRatio(method), Math.max(0, typeof ratio === 'number' ? ratio : 0));

const fallbackPruning = (): Step => defaultStep('prune-weights');

/** The share an N:M pattern takes away: 2 of 4 stay, so half goes. */
export function patternRatio(kind: string): number | undefined {
  const match = /:(\d+):(\d+)$/.exec(kind);
  return match === null ? undefined : 1 - Number(match[1]) / Number(match[2]);
}

export function pruningDial(recipe: Recipe, remembered: Remembered): PruningDial {
  const index = familyIndex(recipe, 'prune');
  const step = recipe.steps[index];
  const template = step ?? remembered['prune'] ?? fallbackPruning();
  const kind = kindOf(template);
  const fixedRatio = patternRatio(kind);
  const ratio = step === undefined ? 0 : (fixedRatio ?? clampRatio(step.method, step['ratio']));
  return {
    index: step === undefined ? undefined : index,
    ratio,
    kind,
    fixed: fixedRatio !== undefined,
    max: maxRatio(template.method),
  };
}

export function setPruning(recipe: Recipe, remembered: Remembered, ratio: number): DialChange {
  const index = familyIndex(recipe, 'prune');
  const step = recipe.steps[index];
  if (step === undefined) {
    if (ratio <= 0) return { recipe, remembered };
    const template = remembered['prune'] ?? fallbackPruning();
    const made = { ...template, ratio: clampRatio(template.method, ratio) };
    return { recipe: insertStep(recipe, 0, made), remembered };
  }
  if (ratio <= 0)
    return { recipe: removeStep(recipe, index), remembered: { ...remembered, prune: step } };
  return {
    recipe: replaceStep(recipe, index, { ...step, ratio: clampRatio(step.method, ratio) }),
    remembered,
  };
}

export function setPruningKind(recipe: Recipe, remembered: Remembered, kind: string): DialChange {
  const index = familyIndex(recipe, 'prune');
  const step = recipe.steps[index];
  if (step !== undefined)
    return { recipe: replaceStep(recipe, index, asKind(step, kind)), remembered };
  const template = asKind(remembered['prune'] ?? fallbackPruning(), kind);
  // A pattern needs no ratio to take effect; the other kinds wait for the dial.
  if (patternRatio(kind) !== undefined)
    return { recipe: insertStep(recipe, 0, template), remembered };
  return { recipe, remembered: { ...remembered, prune: template } };
}

// --- bits

export const bitWidths = [32, 16, 8, 4, 3, 2] as const;
export type BitWidth = (typeof bitWidths)[number];

export interface BitsDial {
  readonly index: number | undefined;
  readonly bits: number;
  /** `quantize-float16`, `quantize-int8:static`, `quantize-weights` …; undefined at 32 bits. */
  readonly scheme: string | undefined;
  /** Schemes that store weights in this many bits. */
  readonly schemes: readonly string[];
}

export function schemesFor(bits: number): string[] {
  const has = (method: string): boolean => formOf(method) !== undefined;
  if (bits === 16) return has('quantize-float16') ? ['quantize-float16'] : [];
  const blockwise = bits < 32 && has('quantize-weights') ? ['quantize-weights'] : [];
  if (bits !== 8) return blockwise;
  const modes = choices('quantize-int8', 'mode').map((mode) => `quantize-int8:${mode}`);
  return [...modes, ...blockwise];
}

const bitsOf = (step: Step): number =>
  step.method === 'quantize-float16'
    ? 16
    : step.method === 'quantize-int8'
      ? 8
      : Number(step['bits'] ?? 8);

const schemeOf = (step: Step): string =>
  step.method === 'quantize-int8' ? `quantize-int8:${String(step['mode'])}` : step.method;

function stepFor(bits: number, scheme: string, before: Step | undefined): Step {
  const [method = '', mode] = scheme.split(':');
  const base = before?.method === method ? before : defaultStep(method);
  const off = before?.off === true ? { off: true } : {};
  if (method === 'quantize-int8') return { ...base, ...off, mode };
  if (method === 'quantize-weights') return { ...base, ...off, bits };
  return { ...base, ...off };
}

export function bitsDial(recipe: Recipe): BitsDial {
  const index = familyIndex(recipe, 'quantize');
  const step = recipe.steps[index];
  if (step === undefined) return { index: undefined, bits: 32, scheme: undefined, schemes: [] };
  const bits = bitsOf(step);
  return { index, bits, scheme: schemeOf(step), schemes: schemesFor(bits) };
}

export function setBits(recipe: Recipe, remembered: Remembered, bits: number): DialChange {
  const index = familyIndex(recipe, 'quantize');
  const step = recipe.steps[index];
  if (bits >= 32) {
    if (step === undefined) return { recipe, remembered };
    return {
      recipe: removeStep(recipe, index),
      remembered: { ...remembered, [`bits:${bitsOf(step)}`]: step },
    };
  }
  const kept = step === undefined ? remembered : { ...remembered, [`bits:${bitsOf(step)}`]: step };
  const schemes = schemesFor(bits);
  const known = kept[`bits:${bits}`];
  const scheme = schemes[0];
  if (known === undefined && scheme === undefined) return { recipe, remembered };
  const off = step?.off === true ? { off: true } : {};
  const next = known === undefined ? stepFor(bits, scheme ?? '', step) : { ...known, ...off };
  const changed =
    step === undefined
      ? insertStep(recipe, recipe.steps.length, next)
      : replaceStep(recipe, index, next);
  return { recipe: changed, remembered: kept };
}

export function setScheme(recipe: Recipe, scheme: string): Recipe {
  const index = familyIndex(recipe, 'quantize');
  const step = recipe.steps[index];
  return step === undefined
    ? recipe
    : replaceStep(recipe, index, stepFor(bitsOf(step), scheme, step));
}
