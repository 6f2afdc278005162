import { intAttribute, type Value } from '../../graph/index.ts';
import { mul, reduceSum, reshape, scaled, sub } from '../gradients/expressions.ts';
import { classRows, logitsOf, rowShares } from './class-rows.ts';
import type { LossInputs } from './loss-inputs.ts';
import type { BuiltLoss, LossContext } from './loss.ts';

/**
 * Soft labels with temperature T (Hinton, Vinyals & Dean 2015): with p = softmax(teacher / T) and q = softmax(student / T),
 * L = T² · mean Σ p (log p - log q), dL/dz = T (q - p) / rows. T² keeps the size of the gradient the same for every
 * temperature. `target` names the input that takes the teacher's logits. Positions of a sequence whose label is below 0 are left
 * out where labels are at hand.
 */
export function softLabelsOf(
  context: LossContext,
  inputs: LossInputs,
  output: Value,
  options: {
    readonly temperature: number;
    readonly target: string;
    readonly labelledPositions: boolean;
  },
): BuiltLoss {
  const { edit, dims } = context;
  const { temperature } = options;
  const logits = logitsOf(output);
  const scores = classRows(context, logits);
  const target = inputs.target(options.target, dims(logits).length);
  const softened = (value: Value): Value =>
    edit.op('LogSoftmax', [scaled(edit, value, 1 / temperature)], { axis: intAttribute(1) });
  const teacher = softened(asRows(context, target, logits, scores.classes));
  const student = softened(scores.rows);
  const p = edit.op('Exp', [teacher]);
  const share = rowShares(
    edit,
    scores,
    options.labelledPositions && scores.positions ? inputs.labels(2) : undefined,
  );
  const perRow = reduceSum(edit, mul(edit, p, sub(edit, teacher, student)), [1], true);
  const loss = scaled(
    edit,
    reduceSum(edit, mul(edit, perRow, share), [0, 1], false),
    temperature * temperature,
  );
  const difference = sub(edit, edit.op('Exp', [student]), p);
  const gradient = mul(edit, difference, scaled(edit, share, temperature));
  return {
    loss,
    gradients: [{ of: logits, gradient: scores.back(gradient) }],
    inputs: inputs.all,
    metrics: new Map(),
  };
}

/** The target in the same rows as the scores it belongs to. */
const asRows = ({ edit, dims }: LossContext, target: Value, like: Value, classes: number): Value =>
  dims(like).length === 2 ? target : reshape(edit, target, [-1, classes]);
