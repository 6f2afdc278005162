import { countParameters } from '../../analysis/index.ts';
import { ok, type Result } from '../../core/index.ts';
import { edit, requiredInputs, type Model, type Value } from '../../graph/index.ts';
import { exposeWeights } from '../../passes/index.ts';
import type { ModelReference, PlanContext, Planned } from '../method.ts';
import { predictSizeChange } from '../shared/predict-size.ts';
import { refuse } from '../shared/refuse.ts';

/**
 * A student that was brought along: a second ONNX file. It must take what the teacher takes and give what the teacher gives, in the same
 * order; it gets the teacher's names, so that it stands in for it everywhere. Sizes that only a run can tell are compared before training.
 */
export interface OwnStudentPlan {
  readonly kind: 'own';
  readonly model: Model;
}

export function planOwnStudent(
  teacher: Model,
  reference: ModelReference,
  { models }: PlanContext,
): Result<Planned<OwnStudentPlan>> {
  const given = models?.(reference);
  const where = `student ${reference.file}`;
  if (given === undefined)
    return refuse(
      where,
      reference.sha256 === undefined
        ? 'this file is not open'
        : 'this file is not open, or it is not the one that the recipe was made with',
      'Open it, or leave "studentModel" out to get a student from the teacher itself',
    );
  const exposed = exposeWeights(given);
  const mismatch =
    difference('input', requiredInputs(teacher), requiredInputs(exposed)) ??
    difference('output', teacher.graph.outputs, exposed.graph.outputs);
  if (mismatch !== undefined)
    return refuse(where, mismatch, 'Export the student with the inputs and outputs of the teacher');
  const model = withNamesOf(teacher, exposed);
  const { total } = countParameters(model);
  return ok({
    plan: { kind: 'own', model },
    predicted: { params: total, weightBytes: predictSizeChange(teacher, model) },
    summary: { mode: 'own', ownStudent: reference.file },
    preview: () => model,
    skipped: [],
  });
}

/** What the file says; a size it leaves open fits any. */
function difference(
  what: string,
  wanted: readonly Value[],
  given: readonly Value[],
): string | undefined {
  if (wanted.length !== given.length)
    return `it has ${given.length} ${what}s, and the teacher has ${wanted.length}`;
  for (const [i, value] of wanted.entries()) {
    const other = given[i] as Value;
    if (!fits(value, other))
      return `its ${what} "${other.name}" is ${typeText(other)}, and the teacher's "${value.name}" is ${typeText(value)}`;
  }
  return undefined;
}

function fits({ type: a }: Value, { type: b }: Value): boolean {
  if (a?.kind !== 'tensor' || b?.kind !== 'tensor') return a === undefined || b === undefined;
  if (a.dtype !== undefined && b.dtype !== undefined && a.dtype !== b.dtype) return false;
  const [left, right] = [a.dims, b.dims];
  if (left === undefined || right === undefined) return true;
  const open = (dim: unknown): boolean => typeof dim !== 'number';
  return (
    left.length === right.length &&
    left.every((dim, axis) => open(dim) || open(right[axis]) || dim === right[axis])
  );
}

function typeText({ type }: Value): string {
  if (type?.kind !== 'tensor') return type?.description ?? 'of no stated type';
  return `${type.dtype ?? '?'}[${type.dims?.map((dim) => dim ?? '?').join(', ') ?? '?'}]`;
}

function withNamesOf(teacher: Model, student: Model): Model {
  const pairs = [
    ...requiredInputs(teacher).map((value, i) => [value, requiredInputs(student)[i]] as const),
    ...teacher.graph.outputs.map((value, i) => [value, student.graph.outputs[i]] as const),
  ].filter(([value, own]) => own !== undefined && own.name !== value.name);
  if (pairs.length === 0) return student;
  return edit(student, (e) => {
    const wanted = new Set(pairs.map(([{ name }]) => name));
    const inside = [
      ...e.model.graph.inputs,
      ...e.model.graph.constants,
      ...e.model.graph.nodes.flatMap((node) => node.outputs),
    ];
    // A value inside that has such a name already makes room, and names that change places do not meet.
    for (const value of inside)
      if (value !== undefined && wanted.has(value.name))
        e.rename(value, e.freshName(`${value.name}_inside`));
    for (const [{ name }, own] of pairs) e.rename(e.value(own as Value), name);
  });
}
