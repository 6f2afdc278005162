import { EngineError, type Result } from '../core/index.ts';
import type { ShapeMap } from '../analysis/index.ts';
import type { Model, Value } from '../graph/index.ts';
import type { Method, ModelShelf, Planned, Predicted } from '../methods/method.ts';
import { modelSize } from '../onnx/index.ts';
import type { BackendId } from '../runtime/index.ts';
import { exposeWeights } from '../passes/index.ts';
import { activeSteps } from './parse.ts';
import type { Recipe, Step } from './recipe.ts';
import { planContext, requireMethod } from './run.ts';

/**
 * What a recipe would give, without carrying it out: quick enough for every move of a slider. Later steps are planned on the
 * previews of earlier ones (right structure and sizes, virtual weights), so sizes, parameters and MACs stay exact; a figure that depends on
 * weight values which an earlier step changes is left undefined rather than guessed.
 */
export interface PlannedStep {
  readonly step: Step;
  /** undefined: switched off, or after a step that refused. */
  readonly result: Result<Planned<unknown>> | undefined;
}

export interface RecipePlanResult {
  readonly steps: readonly PlannedStep[];
  readonly predicted: Predicted & { readonly sizeBytes: number | undefined };
}

export interface PlanSource {
  readonly backend: BackendId;
  readonly shapes: ShapeMap | undefined;
  /** Exact figures of the model the recipe starts from. */
  readonly start: Predicted;
  /** Models that steps name. */
  readonly models?: ModelShelf | undefined;
}

export function planRecipe(model: Model, recipe: Recipe, source: PlanSource): RecipePlanResult {
  const first = activeSteps(recipe).length === 0 ? model : exposeWeights(model);
  let current: Model | undefined = first;
  let shapes = carryShapes(model, first, source.shapes);
  let figures: Predicted = source.start;
  let changed = false;
  let active = 0;
  const steps = recipe.steps.map((step): PlannedStep => {
    if (step.off === true || current === undefined) return { step, result: undefined };
    const context = planContext(current, recipe, active++, { ...source, shapes });
    const result = planStep(step, current, context);
    if (!result.ok) {
      current = undefined;
      return { step, result };
    }
    const macsBefore = figures.macs;
    figures = combine(figures, result.value, changed, requireMethod(step));
    const preview = result.value.preview?.();
    // A step that changes the MACs changes shapes; where it cannot say to what, only a run can tell, and later steps plan without.
    const reshaped = figures.macs !== macsBefore;
    shapes =
      result.value.previewShapes?.() ??
      (preview === undefined || reshaped ? undefined : carryShapes(current, preview, shapes));
    current = preview;
    changed = true;
    return { step, result };
  });
  const sizeBytes = current === undefined ? undefined : modelSize(current);
  return { steps, predicted: { ...figures, sizeBytes } };
}

function planStep(
  step: Step,
  model: Model,
  context: ReturnType<typeof planContext>,
): Result<Planned<unknown>> {
  try {
    return requireMethod(step).plan(model, step, context);
  } catch (error) {
    if (error instanceof EngineError) return { ok: false, error };
    throw error;
  }
}

/** A step with a preview leaves alone what it does not predict; one without either leaves nothing known. */
function combine(
  before: Predicted,
  planned: Planned<unknown>,
  changed: boolean,
  { needs }: Method,
): Predicted {
  const step = planned.predicted;
  if (planned.preview === undefined && Object.keys(step).length === 0) return {};
  const nonzero = changed ? undefined : step.nonzeroParams;
  const params = step.params ?? before.params;
  // A method that asks for shapes changes them; where it could not tell the MACs, they are not those of before.
  const macs = step.macs ?? (needs.includes('shapes') ? undefined : before.macs);
  return {
    ...(params === undefined ? {} : { params }),
    ...(macs === undefined ? {} : { macs }),
    ...(nonzero === undefined ? {} : { nonzeroParams: nonzero }),
  };
}

/** Shapes of the values that keep their name. */
function carryShapes(
  before: Model,
  after: Model,
  shapes: ShapeMap | undefined,
): ShapeMap | undefined {
  if (shapes === undefined || before === after) return shapes;
  const byName = new Map<string, readonly number[]>();
  for (const [value, dims] of shapes) byName.set(value.name, dims);
  const carried = new Map<Value, readonly number[]>();
  for (const node of after.graph.nodes)
    for (const output of node.outputs) {
      if (output === undefined) continue;
      const dims = byName.get(output.name);
      if (dims !== undefined) carried.set(output, dims);
    }
  for (const input of after.graph.inputs) {
    const dims = byName.get(input.name);
    if (dims !== undefined) carried.set(input, dims);
  }
  for (const value of after.graph.constants)
    if (value.constant) carried.set(value, value.constant.dims);
  return carried;
}
