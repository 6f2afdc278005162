import { createRng, EngineError } from '../../core/index.ts';
import type { ModelEdit, Value } from '../../graph/index.ts';
import { elementCount } from '../../tensor/index.ts';
import { gemm, reduceSum, reshape, reshapeLike, transpose } from '../gradients/expressions.ts';
import { xavierUniform } from '../initializers.ts';
import type { LossInputs } from './loss-inputs.ts';
import type { BuiltLoss, LossContext } from './loss.ts';
import { squaredError } from './squared-error.ts';

/**
 * A hint (Romero et al. 2015, FitNets): a value inside the student is pulled towards one inside the teacher. Where their sizes differ
 * along one axis, that axis is the channels, and a learned map W [teacher's, student's] stands between them: y = W x at every
 * position (a 1×1 convolution, or a linear layer when the axis is the last). W learns beside the student and is thrown away.
 */
export function hintOf(
  { edit, dims }: LossContext,
  inputs: LossInputs,
  value: Value,
  options: {
    readonly target: string;
    /** Dims of the teacher's value. */
    readonly targetDims: readonly number[];
    readonly variance: number;
  },
): BuiltLoss {
  const shape = dims(value);
  const target = inputs.target(options.target, options.targetDims.length);
  const axis = channelAxis(value, shape, options.targetDims);
  if (axis === undefined) {
    const { loss, gradient } = squaredError(edit, value, target, options.variance);
    return { loss, gradients: [{ of: value, gradient }], inputs: inputs.all, metrics: new Map() };
  }
  const sizes = {
    from: shape[axis] as number,
    to: options.targetDims[axis] as number,
    after: elementCount(shape.slice(axis + 1)),
  };
  const map = edit.addConstant(
    `hint/${value.name}`,
    xavierUniform([sizes.to, sizes.from], createRng(sizes.to).fork(value.name)),
  );
  const made = projection(edit, value, map, sizes);
  const error = squaredError(edit, made.y, made.like(target), options.variance);
  return {
    loss: error.loss,
    gradients: [{ of: value, gradient: made.dx(error.gradient) }],
    inputs: inputs.all,
    metrics: new Map(),
    weights: [{ constant: map, gradient: made.dw(error.gradient) }],
  };
}

/** The one axis along which the two differ; undefined: they are alike. */
function channelAxis(
  value: Value,
  shape: readonly number[],
  teacher: readonly number[],
): number | undefined {
  const differing = shape.flatMap((size, axis) =>
    axis > 0 && size !== teacher[axis] ? [axis] : [],
  );
  if (shape.length !== teacher.length || differing.length > 1)
    throw new EngineError('data/mismatch', {
      where: value.name,
      detail: `is [${shape.slice(1).join(', ')}] per sample and its hint [${teacher.slice(1).join(', ')}]: more than the channels differ`,
    });
  return differing[0];
}

interface Sizes {
  readonly from: number;
  readonly to: number;
  /** Positions behind the channel axis; what lies before it counts as batch. */
  readonly after: number;
}

interface Projection {
  readonly y: Value;
  /** The teacher's value in the shape of `y`. */
  like(target: Value): Value;
  dx(dy: Value): Value;
  dw(dy: Value): Value;
}

function projection(edit: ModelEdit, x: Value, w: Value, { from, to, after }: Sizes): Projection {
  if (after === 1) {
    // [rows, from] · Wᵀ
    const rows = reshape(edit, x, [-1, from]);
    return {
      y: gemm(edit, rows, w, false, true),
      like: (target) => reshape(edit, target, [-1, to]),
      dx: (dy) => reshapeLike(edit, gemm(edit, dy, w, false, false), x),
      dw: (dy) => gemm(edit, dy, rows, true, false),
    };
  }
  // W · [batch, from, positions]
  const maps = reshape(edit, x, [-1, from, after]);
  return {
    y: edit.op('MatMul', [w, maps]),
    like: (target) => reshape(edit, target, [-1, to, after]),
    dx: (dy) => reshapeLike(edit, edit.op('MatMul', [transpose(edit, w, [1, 0]), dy]), x),
    dw: (dy) =>
      reduceSum(edit, edit.op('MatMul', [dy, transpose(edit, maps, [0, 2, 1])]), [0], false),
  };
}
