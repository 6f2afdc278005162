import { EngineError } from '../../core/index.ts';
import { intAttribute, stringAttribute, type ModelEdit, type Value } from '../../graph/index.ts';
import { float32Tensor, int64Tensor } from '../../tensor/index.ts';
import { add, mul, reduceSum, reshape, scalar, scaled, sub } from '../gradients/expressions.ts';
import {
  classRows,
  correctRows,
  logitsOf,
  rowShares,
  validRows,
  type ClassRows,
} from './class-rows.ts';
import { LossInputs } from './loss-inputs.ts';
import type { BuiltLoss, Loss, LossContext } from './loss.ts';

export interface CrossEntropyOptions {
  /** Share of the target that is spread evenly over all classes. */
  readonly smoothing: number;
  /** Labels are mixed: `labels/other`, `labels/share` (mixup, Zhang et al. 2018). */
  readonly mixed?: boolean;
}

/**
 * Softmax cross-entropy with label smoothing ε over K classes (Szegedy et al. 2016): the target is
 * 1 - ε + ε/K for the label and ε/K elsewhere; L = -mean Σ target · log softmax(z), dL/dz =
 * (softmax(z) - target) / rows. Takes logits [batch, K], or [batch, positions, K] with labels
 * [batch, positions], where positions with a label below 0 are left out; where the network ends in
 * a Softmax, the loss attaches to its input. Adds the input `labels`, int64, and the metric
 * `correct`: how many rows were right.
 */
export const crossEntropy = (options: CrossEntropyOptions): Loss => ({
  build(context) {
    const [output] = context.outputs;
    if (output === undefined)
      throw new EngineError('graph/invalid', {
        where: 'graph',
        detail: 'the model has no output to train on',
      });
    return crossEntropyOf(context, new LossInputs(context.edit), output, options);
  },
});

/** The same on one output of several, with inputs that other terms share. */
export function crossEntropyOf(
  context: LossContext,
  inputs: LossInputs,
  output: Value,
  options: CrossEntropyOptions,
): BuiltLoss {
  const { edit } = context;
  const logits = logitsOf(output);
  const scores = classRows(context, logits);
  const labels = inputs.labels(context.dims(logits).length - 1 > 1 && scores.positions ? 2 : 1);
  const logProbabilities = edit.op('LogSoftmax', [scores.rows], { axis: intAttribute(1) });
  const parts = { edit, scores, labels, logProbabilities, smoothing: options.smoothing };
  const { loss, gradient } = scores.positions
    ? sparse(parts)
    : dense(parts, options.mixed === true ? inputs.mixed() : undefined);
  return {
    loss,
    gradients: [{ of: logits, gradient: scores.back(gradient) }],
    inputs: inputs.all,
    metrics: new Map([['correct', correctRows(edit, scores.rows, labels)]]),
  };
}

interface Parts {
  readonly edit: ModelEdit;
  readonly scores: ClassRows;
  readonly labels: Value;
  /** [rows, K] */
  readonly logProbabilities: Value;
  readonly smoothing: number;
}

interface RowLoss {
  readonly loss: Value;
  /** dL/d(rows). */
  readonly gradient: Value;
}

/** With the targets written out as [rows, K]. */
function dense(parts: Parts, mixed: ReturnType<LossInputs['mixed']> | undefined): RowLoss {
  const { edit, scores, labels, logProbabilities } = parts;
  const target = mixed === undefined ? oneHot(parts, labels) : mixedTarget(parts, mixed);
  const share = rowShares(edit, scores);
  const perRow = reduceSum(edit, mul(edit, target, logProbabilities), [0, 1], false);
  const loss = edit.op('Neg', [reshape(edit, mul(edit, perRow, share), [])]);
  const difference = sub(edit, edit.op('Exp', [logProbabilities]), target);
  return { loss, gradient: mul(edit, difference, share) };
}

function oneHot({ edit, scores, smoothing }: Parts, labels: Value): Value {
  const rest = smoothing / scores.classes;
  return edit.op('OneHot', [
    labels,
    edit.addConstant('classes', int64Tensor([], [scores.classes])),
    edit.addConstant('target', float32Tensor([2], [rest, 1 - smoothing + rest])),
  ]);
}

/** share · target(label) + (1 - share) · target(other) */
function mixedTarget(parts: Parts, { other, share }: ReturnType<LossInputs['mixed']>): Value {
  const { edit, labels } = parts;
  const [first, second] = [oneHot(parts, labels), oneHot(parts, other)];
  const weight = reshape(edit, share, [-1, 1]);
  return add(edit, second, mul(edit, sub(edit, first, second), weight));
}

/**
 * Without writing targets out: with the many classes of a vocabulary they would cost more than the loss. The label's own part is
 * gathered for the loss and scattered into the gradient.
 */
function sparse({ edit, scores, labels, logProbabilities, smoothing }: Parts): RowLoss {
  const valid = validRows(edit, labels);
  const share = rowShares(edit, scores, labels);
  // A position left out points at class 0 with weight 0.
  const index = mul(
    edit,
    reshape(edit, labels, [-1, 1]),
    edit.op('Cast', [valid], { to: intAttribute(7) }),
  );
  const picked = edit.op('GatherElements', [logProbabilities, index], { axis: intAttribute(1) });
  const own = scaled(edit, picked, 1 - smoothing);
  const rest = smoothing / scores.classes;
  const likelihood =
    smoothing === 0
      ? own
      : add(edit, own, scaled(edit, reduceSum(edit, logProbabilities, [1], true), rest));
  const loss = edit.op('Neg', [reduceSum(edit, mul(edit, likelihood, share), [0, 1], false)]);
  const probabilities = edit.op('Exp', [logProbabilities]);
  const base = smoothing === 0 ? probabilities : sub(edit, probabilities, scalar(edit, rest));
  const gradient = edit.op(
    'ScatterElements',
    [mul(edit, base, share), index, scaled(edit, share, smoothing - 1)],
    { axis: intAttribute(1), reduction: stringAttribute('add') },
  );
  return { loss, gradient };
}
