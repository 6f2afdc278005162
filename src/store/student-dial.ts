import type { Recipe, Step } from '../engine/forms.ts';
import type { DialChange, Remembered } from './dials.ts';
import { familyOf } from './dials.ts';
import { defaultStep, formOf, insertStep, removeStep, replaceStep } from './recipe-edits.ts';

/**
 * The third prominent dial: the size of a distilled student, as a view of the recipe's first `distill` step. At full width and depth there is
 * nothing to distil, and the step leaves the recipe; dialled down again it comes back, before anything that rounds or recovers.
 */
export interface StudentSize {
  /** Share of the channels, hidden sizes and heads that stay. */
  readonly width: number;
  /** Share of the blocks or layers that stay. */
  readonly depth: number;
}

export interface StudentDial {
  /** undefined: nothing is distilled. */
  readonly index: number | undefined;
  readonly size: StudentSize;
  readonly min: StudentSize;
  readonly step: StudentSize;
}

const whole: StudentSize = { width: 1, depth: 1 };
const isWhole = ({ width, depth }: StudentSize): boolean => width >= 1 && depth >= 1;

const distillIndex = (recipe: Recipe): number =>
  recipe.steps.findIndex(({ method }) => method === 'distill');

/** undefined where the engine offers no distillation. */
export function studentDial(recipe: Recipe): StudentDial | undefined {
  const form = formOf('distill');
  if (form === undefined) return undefined;
  const slider = (key: string): { min: number; step: number } => {
    const field = form.fields.find((each) => each.key === key);
    return field?.kind === 'slider' ? field : { min: 0.1, step: 0.05 };
  };
  const width = slider('student.width');
  const depth = slider('student.depth');
  const index = distillIndex(recipe);
  const step = recipe.steps[index];
  return {
    index: step === undefined ? undefined : index,
    size: step === undefined ? whole : sizeOf(step),
    min: { width: width.min, depth: depth.min },
    step: { width: width.step, depth: depth.step },
  };
}

export function setStudent(
  recipe: Recipe,
  remembered: Remembered,
  change: Partial<StudentSize>,
): DialChange {
  const index = distillIndex(recipe);
  const step = recipe.steps[index];
  const size = { ...(step === undefined ? whole : sizeOf(step)), ...change };
  if (step === undefined) {
    if (isWhole(size)) return { recipe, remembered };
    const template = remembered['distill'] ?? defaultStep('distill');
    return { recipe: insertStep(recipe, placeOf(recipe), sized(template, size)), remembered };
  }
  if (isWhole(size))
    return { recipe: removeStep(recipe, index), remembered: { ...remembered, distill: step } };
  return { recipe: replaceStep(recipe, index, sized(step, size)), remembered };
}

/** Before the first step that rounds or recovers. */
export function placeOf({ steps }: Recipe): number {
  const after = steps.findIndex(
    ({ method }) => familyOf(method) === 'quantize' || method === 'recover',
  );
  return after === -1 ? steps.length : after;
}

function sizeOf(step: Step): StudentSize {
  const given = step['student'];
  const share = (key: string): number => {
    const value: unknown =
      typeof given === 'object' && given !== null ? Reflect.get(given, key) : undefined;
    return typeof value === 'number' ? value : 1;
  };
  return { width: share('width'), depth: share('depth') };
}

const sized = (step: Step, student: StudentSize): Step => ({ ...step, student });
