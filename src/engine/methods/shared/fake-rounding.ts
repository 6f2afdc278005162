import { EngineError } from '../../core/index.ts';
import { edit, intAttribute, type Model, type ModelEdit, type Value } from '../../graph/index.ts';
import { modelOpset, opsetObstacle, raiseIrVersion, raiseOpset } from '../../passes/index.ts';
import { float32Tensor, int64Tensor } from '../../tensor/index.ts';
import { smallestScale } from './affine.ts';

/**
 * Rounding as a graph of float operators, so that training sees it (Jacob et al. 2018, arXiv:1712.05877, §3: fake quantization). The grid is
 * found anew in every step from the numbers as they are, by the same rule as when the file is written; what was trained is
 * therefore exactly what the step, applied again, gives.
 */
export type FakeGrid =
  /** Codes 0..top over [min, max] with a zero point: ranges widened to contain 0. */
  | { readonly kind: 'asymmetric'; readonly top: number }
  /** Codes −largest..largest, scale = max |x| ÷ largest. */
  | { readonly kind: 'symmetric'; readonly largest: number }
  /** Codes 0..2·half − 1 around half, with a signed scale: the number of largest magnitude is hit exactly. */
  | { readonly kind: 'signed-scale'; readonly half: number };

/** The opset a rehearsal is written in, where the model's is older. */
const lowestOpset = 18;

/** `edit` on a model that is raised to the operators used here. Throws `train/no-rule` where it cannot be. */
export function editRehearsal(model: Model, change: (e: ModelEdit) => void): Model {
  const opset = Math.max(modelOpset(model), lowestOpset);
  const obstacle = opset === modelOpset(model) ? undefined : opsetObstacle(model, opset);
  if (obstacle !== undefined)
    throw new EngineError('train/no-rule', {
      where: obstacle.node?.name || model.graph.name,
      detail: `${obstacle.detail}, and training needs opset ${lowestOpset}`,
      hint: `Export the model again with opset ${lowestOpset} or later`,
    });
  return edit(model, (e) => {
    raiseIrVersion(e, 8);
    raiseOpset(e, opset);
    change(e);
  });
}

/** `x` on a grid of its own for each slice that `axes` are reduced to: the same shape, rounded. */
export function fakeRounded(
  e: ModelEdit,
  x: Value,
  axes: readonly number[],
  grid: FakeGrid,
): Value {
  const range = rangeOf(e, x, axes);
  if (grid.kind === 'asymmetric') return asymmetric(e, x, range, grid.top);
  return grid.kind === 'symmetric'
    ? symmetric(e, x, range, grid.largest)
    : signedScale(e, x, range, grid.half);
}

interface Range {
  /** ≤ 0. */
  readonly low: Value;
  /** ≥ 0. */
  readonly high: Value;
}

function rangeOf(e: ModelEdit, x: Value, axes: readonly number[]): Range {
  const over = e.addConstant('grid_axes', int64Tensor([axes.length], axes));
  const keep = { keepdims: intAttribute(1) };
  const zero = number(e, 0);
  return {
    low: e.op('Min', [e.op('ReduceMin', [x, over], keep), zero]),
    high: e.op('Max', [e.op('ReduceMax', [x, over], keep), zero]),
  };
}

function asymmetric(e: ModelEdit, x: Value, { low, high }: Range, top: number): Value {
  const scale = safe(e, e.op('Div', [e.op('Sub', [high, low]), number(e, top)]));
  const ends = [number(e, 0), number(e, top)] as const;
  const zero = e.op('Clip', [e.op('Round', [e.op('Div', [e.op('Neg', [low]), scale])]), ...ends]);
  const steps = e.op('Round', [e.op('Div', [x, scale])]);
  const code = e.op('Clip', [e.op('Add', [steps, zero]), ...ends]);
  return e.op('Mul', [e.op('Sub', [code, zero]), scale]);
}

function symmetric(e: ModelEdit, x: Value, range: Range, largest: number): Value {
  const scale = safe(e, e.op('Div', [magnitude(e, range), number(e, largest)]));
  const steps = e.op('Round', [e.op('Div', [x, scale])]);
  const code = e.op('Clip', [steps, number(e, -largest), number(e, largest)]);
  return e.op('Mul', [code, scale]);
}

function signedScale(e: ModelEdit, x: Value, range: Range, half: number): Value {
  const size = safe(e, e.op('Div', [magnitude(e, range), number(e, half)]));
  const negativeIsLargest = e.op('GreaterOrEqual', [e.op('Neg', [range.low]), range.high]);
  const scale = e.op('Where', [negativeIsLargest, size, e.op('Neg', [size])]);
  const steps = e.op('Round', [e.op('Div', [x, scale])]);
  const code = e.op('Clip', [steps, number(e, -half), number(e, half - 1)]);
  return e.op('Mul', [code, scale]);
}

const magnitude = (e: ModelEdit, { low, high }: Range): Value =>
  e.op('Max', [e.op('Neg', [low]), high]);

/** A scale of 0 becomes 1, one too small the smallest: as `safeScale`. */
function safe(e: ModelEdit, scale: Value): Value {
  const isZero = e.op('Equal', [scale, number(e, 0)]);
  const raised = e.op('Max', [scale, number(e, smallestScale)]);
  return e.op('Where', [isZero, number(e, 1), raised]);
}

const number = (e: ModelEdit, value: number): Value =>
  e.addConstant('grid_number', float32Tensor([], [value]));

/** Every reader of `value` so far, a model's output included, reads what `make` makes of it. */
export function readInstead(e: ModelEdit, value: Value, make: (value: Value) => Value): void {
  const before = new Set(value.uses.map(({ node }) => node));
  const made = make(value);
  const makers = value.uses.map(({ node }) => node).filter((node) => !before.has(node));
  e.replaceUses(value, made, makers);
}

/** Only those readers do that `reads` picks. */
export function readInsteadWhere(
  e: ModelEdit,
  value: Value,
  reads: (use: Value['uses'][number]) => boolean,
  make: (value: Value) => Value,
): void {
  const users = value.uses.filter(reads);
  const made = make(value);
  for (const { node, index } of users) e.setInput(node, index, made);
}
