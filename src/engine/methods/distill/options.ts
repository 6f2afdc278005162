import * as v from 'valibot';
import type { Field } from '../method.ts';
import { learningEntries, learningFields } from '../shared/learning-options.ts';

/** A smaller student learns what its teacher answers (Hinton, Vinyals & Dean 2015, arXiv:1503.02531). Option names: design §5.2. */
export const distillSchema = v.object({
  method: v.literal('distill'),
  student: v.optional(
    v.strictObject({
      /** Share of channels, hidden sizes and heads that stay. */
      width: v.optional(v.pipe(v.number(), v.minValue(0.1), v.maxValue(1)), 0.5),
      /** Share of residual blocks or layers that stay. */
      depth: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 1),
    }),
    {},
  ),
  /**
   * A student of one's own: an ONNX file with inputs and outputs like the teacher's. On the command line the path is relative to the recipe.
   * `student` and `weights` mean nothing then.
   */
  studentModel: v.optional(
    v.strictObject({
      file: v.pipe(v.string(), v.minLength(1)),
      sha256: v.optional(
        v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'not a SHA-256 in hexadecimal')),
      ),
    }),
  ),
  /** `important`: the student starts from the teacher's most important channels. `fresh`: from random weights. */
  weights: v.optional(v.picklist(['important', 'fresh']), 'important'),
  ...learningEntries({ epochs: 5, augmentation: 'light' }),
  /** Also matches values inside: ends of blocks that teacher and student both have (Romero et al. 2015, FitNets). */
  hints: v.optional(v.boolean(), false),
  /** Also trains the same student on hard labels alone, to see what the teacher is worth; that one is thrown away. */
  control: v.optional(v.boolean(), false),
});
export type DistillOptions = v.InferOutput<typeof distillSchema>;

/** A key with a dot is a path: `student.width` is the option `width` inside `student`. */
export const distillFields: readonly Field[] = [
  { kind: 'slider', key: 'student.width', min: 0.1, max: 1, step: 0.05, unit: 'percent' },
  { kind: 'slider', key: 'student.depth', min: 0, max: 1, step: 0.05, unit: 'percent' },
  { kind: 'choice', key: 'weights', values: ['important', 'fresh'] },
  ...learningFields,
  { kind: 'toggle', key: 'hints', advanced: true },
  { kind: 'toggle', key: 'control' },
];
