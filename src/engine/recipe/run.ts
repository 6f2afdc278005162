import { EngineError, createRng, unwrap, type Task } from '../core/index.ts';
import { createStatistics, type ShapeMap } from '../analysis/index.ts';
import { verify, type Model } from '../graph/index.ts';
import type {
  ApplyContext,
  Learning,
  Method,
  ModelShelf,
  PlanContext,
  Planned,
  Rounded,
} from '../methods/method.ts';
import { exposeWeights } from '../passes/index.ts';
import { methodById } from '../methods/table.ts';
import type { BackendId, Feeds, Runtime } from '../runtime/index.ts';
import { activeSteps } from './parse.ts';
import type { Recipe, Step } from './recipe.ts';

/**
 * Runs a recipe: each step is planned on the result of the steps before it, applied, and the result verified by the frame, not by the
 * method. Same model + recipe + seed + data give the same bytes: every step gets its own random stream, forked from the seed
 * by its place, and nothing here reads a clock.
 */
export interface RecipeContext {
  readonly backend: BackendId;
  readonly task: Task;
  /** Measured shapes of a model; called when a step needs them and again after the structure changed. */
  shapes(model: Model): Promise<ShapeMap | undefined>;
  /** A runtime for calibration; asked for only when a step needs one. */
  runtime(): Promise<Runtime | undefined>;
  /** Fresh calibration batches for the model's inputs. */
  calibration(model: Model): AsyncIterable<Feeds> | undefined;
  /** For steps that train: data and host. Absent, or undefined: nothing trains here, and such a step refuses. */
  learning?(original: Model): Promise<LearningSource | undefined>;
  /** Models that steps name. */
  readonly models?: ModelShelf | undefined;
}

export interface LearningSource extends Pick<Learning, 'data' | 'host'> {
  /** The key of the training of an active step, by its number among the active ones. */
  key(recipe: Recipe, index: number): string;
}

export interface StepOutcome {
  readonly step: Step;
  readonly planned: Planned<unknown>;
}

export interface RecipeResult {
  readonly model: Model;
  readonly outcomes: readonly StepOutcome[];
}

/** Throws EngineError; `where` names the step and those that had run before it. */
export async function runRecipe(
  model: Model,
  recipe: Recipe,
  context: RecipeContext,
): Promise<RecipeResult> {
  const outcomes: StepOutcome[] = [];
  const steps = activeSteps(recipe);
  const original = steps.length === 0 ? model : exposeWeights(model);
  let current = original;
  let rounded: Rounded | undefined;
  for (const [index, step] of steps.entries()) {
    const place = placeOf(recipe, step, index);
    try {
      const method = requireMethod(step);
      const shapes = method.needs.includes('shapes') ? await context.shapes(current) : undefined;
      const base = planContext(current, recipe, index, { ...context, shapes });
      const planned = unwrap(method.plan(current, step, base));
      const learning = await learningFor(method, original, context, recipe, index, rounded);
      const before = current;
      current = await method.apply(
        current,
        planned,
        step,
        await applyContext(method, current, base, context, learning),
      );
      rounded = roundedAfter(rounded, method, step, before);
      outcomes.push({ step, planned });
    } catch (error) {
      throw error instanceof EngineError && error.code !== 'cancelled'
        ? placed(error, place)
        : error;
    }
    const [problem] = verify(current);
    if (problem !== undefined)
      throw new Error(`${place} left an invalid graph: ${problem.where}: ${problem.detail}`);
    await context.task.breathe();
  }
  return { model: current, outcomes };
}

/** The context for planning one step; `index` counts the active steps, so that one switched off moves no random stream. */
export function planContext(
  model: Model,
  recipe: Recipe,
  index: number,
  { shapes, backend, models }: Pick<PlanContext, 'shapes' | 'backend' | 'models'>,
): PlanContext {
  return {
    shapes,
    backend,
    models,
    statistics: createStatistics(model),
    rng: createRng(recipe.seed).fork(`step ${index}`),
  };
}

async function applyContext(
  method: Method,
  model: Model,
  base: PlanContext,
  context: RecipeContext,
  learning: Learning | undefined,
): Promise<ApplyContext> {
  const calibrates = method.needs.includes('calibration');
  const runs = calibrates || learning !== undefined;
  return {
    ...base,
    task: context.task,
    runtime: runs ? await context.runtime() : undefined,
    calibration: calibrates ? context.calibration(model) : undefined,
    learning,
  };
}

async function learningFor(
  method: Method,
  original: Model,
  context: RecipeContext,
  recipe: Recipe,
  index: number,
  rounded: Rounded | undefined,
): Promise<Learning | undefined> {
  if (!method.needs.includes('training')) return undefined;
  const source = await context.learning?.(original);
  return (
    source && {
      original,
      data: source.data,
      host: source.host,
      key: source.key(recipe, index),
      calibration: (model) => context.calibration(model),
      rounded,
    }
  );
}

/**
 * The float weights behind the present model. A step that rounds begins or lengthens the chain; one that trains goes on from it; after
 * any other step the weights kept here are no longer those of the model.
 */
function roundedAfter(
  rounded: Rounded | undefined,
  method: Method,
  options: Step,
  before: Model,
): Rounded | undefined {
  if (method.needs.includes('training')) return rounded;
  if (method.rehearse === undefined) return undefined;
  let float = rounded?.float ?? before;
  return {
    get float() {
      return float;
    },
    steps: [...(rounded?.steps ?? []), { method, options }],
    replaceFloat(trained) {
      float = trained;
    },
  };
}

export function requireMethod(step: Step): Method {
  const method = methodById(step.method);
  if (method === undefined)
    throw new EngineError('recipe/unknown-method', {
      where: 'recipe',
      detail: `no method "${step.method}"`,
    });
  return method;
}

/** A step is numbered as it stands in the recipe; those before it are those that ran. */
function placeOf(recipe: Recipe, step: Step, index: number): string {
  const before = activeSteps(recipe)
    .slice(0, index)
    .map(({ method }) => method);
  const name = `step ${recipe.steps.indexOf(step) + 1} (${step.method})`;
  return before.length === 0 ? name : `${name} after ${before.join(', ')}`;
}

function placed(error: EngineError, place: string): EngineError {
  const where = { where: `${place}: ${error.where}`, detail: error.detail };
  return new EngineError(
    error.code,
    error.hint === undefined ? where : { ...where, hint: error.hint },
  );
}
