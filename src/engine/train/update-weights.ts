import { EngineError } from '../core/index.ts';
import type { ModelEdit, Value } from '../graph/index.ts';
import { float32Tensor, typedView, type Tensor } from '../tensor/index.ts';
import { addAccumulation, type Accumulation } from './accumulate-gradients.ts';
import { zerosLike, type CarriedState } from './carried-state.ts';
import { clipByGlobalNorm } from './clip-gradients.ts';
import { add, mul, sub } from './gradients/expressions.ts';
import type { Optimizer } from './optimizers/optimizer.ts';

/**
 * The second half of a step: gradients become new weights. In order: masks, accumulation over several runs, clipping by the norm of all, the
 * optimizer, moving averages.
 */
export interface UpdateOptions {
  readonly optimizer: Optimizer;
  readonly average: boolean;
  readonly accumulate: boolean;
  readonly clipNorm: number | undefined;
}

/** Something that learns. */
export interface Moving {
  /** A constant of the model, or of the loss ('helper'). */
  readonly of: Value;
  readonly role: 'weight' | 'helper';
  readonly gradient: Value;
  /** Its zeros stay zero. */
  readonly masked: boolean;
}

export interface UpdateInputs {
  readonly learningRate: Value;
  readonly averageDecay: Value | undefined;
  /** The optimizer's scalars, by their name there. */
  readonly fed: ReadonlyMap<string, Value>;
  readonly accumulation: Accumulation | undefined;
  /** L2 norm of all gradients; where they are clipped. */
  readonly norm: Value | undefined;
}

export function updateWeights(
  edit: ModelEdit,
  carried: CarriedState,
  moving: readonly Moving[],
  options: UpdateOptions,
): UpdateInputs {
  const { optimizer, clipNorm } = options;
  const learningRate = carried.scalarInput('learning_rate');
  const averageDecay = options.average ? carried.scalarInput('average_decay') : undefined;
  const accumulation = options.accumulate ? addAccumulation(edit) : undefined;
  const names = Object.keys(optimizer.scalars ?? {});
  const fed = new Map(names.map((name) => [name, carried.scalarInput(name)]));
  const gradients = moving.map((one) => {
    const initial = constantOf(one.of);
    const live = one.masked ? mask(edit, one.gradient, initial) : one.gradient;
    if (accumulation === undefined) return live;
    const before = carried.input(`${one.of.name}/gradient`, initial);
    const total = accumulation.add(before, live);
    carried.carry('gradient', one.of, before, total, zerosLike(initial));
    return total;
  });
  const shortened =
    clipNorm === undefined
      ? { norm: undefined, clipped: gradients }
      : clipByGlobalNorm(edit, gradients, clipNorm);
  const inputs = { learningRate, averageDecay, fed, accumulation, norm: shortened.norm };
  moving.forEach((one, i) => {
    const gradient = shortened.clipped[i] as Value;
    updateOne(edit, carried, { ...one, gradient }, optimizer, inputs);
  });
  return inputs;
}

/** Weight, optimizer state and average of one weight. */
function updateOne(
  edit: ModelEdit,
  carried: CarriedState,
  { of, role, gradient }: Moving,
  optimizer: Optimizer,
  { learningRate, averageDecay, fed, accumulation }: UpdateInputs,
): void {
  const initial = constantOf(of);
  const weight = carried.inputFor(of, role, initial);
  const state = optimizer.state.map((name) => carried.input(`${of.name}/${name}`, initial));
  const decays = initial.dims.filter((size) => size > 1).length >= 2;
  const scalar = (name: string): Value =>
    fed.get(name) ?? fail(`the optimizer declares no scalar ${name}`);
  const moved = optimizer.update({ edit, weight, gradient, state, learningRate, scalar, decays });
  const applied = (next: Value | undefined, before: Value): Value => {
    if (next === undefined) return fail('an optimizer returned too little state');
    return accumulation === undefined ? next : accumulation.applied(next, before);
  };
  const next = applied(moved.weight, weight);
  carried.carry(role, of, weight, next, initial);
  state.forEach((slot, i) =>
    carried.carry('optimizer', of, slot, applied(moved.state[i], slot), zerosLike(initial)),
  );
  if (averageDecay === undefined || role === 'helper') return;
  const average = carried.input(`${of.name}/average`, initial);
  // a ← w + d (a - w)
  const following = add(edit, next, mul(edit, sub(edit, average, next), averageDecay));
  carried.carry('average', of, average, applied(following, average), initial);
}

/** Throws `train/no-rule` for constants of other types. */
export function constantOf(value: Value): Tensor {
  if (value.constant === undefined || value.constant.dtype !== 'float32')
    throw new EngineError('train/no-rule', {
      where: value.name,
      detail: 'only float32 constants can be trained',
    });
  return value.constant;
}

/**
 * The gradient where the weight is not zero, 0 where it is: momentum, decay and averages of a weight that is zero and has no gradient stay
 * zero too.
 */
function mask(edit: ModelEdit, gradient: Value, weight: Tensor): Value {
  const kept = Float32Array.from(typedView(weight) as Float32Array, (w) => (w === 0 ? 0 : 1));
  return mul(edit, gradient, edit.addConstant('mask', float32Tensor(weight.dims, kept)));
}

function fail(detail: string): never {
  throw new Error(detail);
}
