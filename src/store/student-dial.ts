import type { Recipe, Step } from '../engine/forms.ts';
import type { DialChange, Remembered } from './dials.ts';
import { familyOf } from './dials.ts';
import {
  defaultStep,
  formOf,
  insertStep,
  optionOf,
  removeStep,
  replaceStep,
} from './recipe-edits.ts';

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

/** A student that was brought along, as a `distill` step names it: `studentModel`. */
export interface OwnStudent {
  readonly file: string;
  readonly sha256?: string;
}

export interface StudentDial {
  /** undefined: nothing is distilled. */
  readonly index: number | undefined;
  /** The student is a file; then sizes mean nothing. */
  readonly own: OwnStudent | undefined;
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
    own: step === undefined ? undefined : ownOf(step),
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

/** Names a student in the first `distill` step, which comes into the recipe for it; undefined: the student is made from the model again. */
export function setOwnStudent(recipe: Recipe, own: OwnStudent | undefined): Recipe {
  const index = distillIndex(recipe);
  const step = recipe.steps[index];
  if (step !== undefined) {
    const { studentModel: _, ...rest } = step;
    const made = rest as Step;
    return replaceStep(recipe, index, own === undefined ? made : { ...made, studentModel: own });
  }
  if (own === undefined) return recipe;
  const made = { ...defaultStep('distill'), studentModel: own };
  return insertStep(recipe, placeOf(recipe), made);
}

function ownOf(step: Step): OwnStudent | undefined {
  const file = optionOf(step, 'studentModel.file');
  const sha256 = optionOf(step, 'studentModel.sha256');
  if (typeof file !== 'string') return undefined;
  return typeof sha256 === 'string' ? { file, sha256 } : { file };
}

/** Before the first step that rounds or recovers. */
export function placeOf({ steps }: Recipe): number {
  const after = steps.findIndex(
    ({ method }) => familyOf(method) === 'quantize' || method === 'recover',
  );
  return after === -1 ? steps.length : after;
}

function sizeOf(step: Step): StudentSize {
  const share = (key: string): number => {
    const value = optionOf(step, `student.${key}`);
    return typeof value === 'number' ? value : 1;
  };
  return { width: share('width'), depth: share('depth') };
}

const sized = (step: Step, student: StudentSize): Step => ({ ...step, student });
