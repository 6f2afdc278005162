import { EngineError } from '../../core/index.ts';
import { intAttribute, isOp, type ModelEdit, type Value } from '../../graph/index.ts';
import { int64Tensor } from '../../tensor/index.ts';
import {
  countOf,
  div,
  indicator,
  reduceSum,
  reshape,
  reshapeLike,
  scalar,
} from '../gradients/expressions.ts';
import type { LossContext } from './loss.ts';

/**
 * Class scores as rows [rows, classes]: one row per sample for [N, C] and [N, C, 1, 1], one per position for [B, S, V]. Reshapes
 * move no data in ONNX Runtime.
 */
export interface ClassRows {
  readonly rows: Value;
  readonly classes: number;
  /** Rows are positions in a sequence: labels come as [B, S], and a label below 0 leaves its position out. */
  readonly positions: boolean;
  /** A gradient of the rows as a gradient of the scores. */
  back(gradient: Value): Value;
}

/** Throws `data/mismatch` for values that are no class scores. */
export function classRows(
  { edit, dims }: Pick<LossContext, 'edit' | 'dims'>,
  scores: Value,
): ClassRows {
  const shape = dims(scores);
  const [, ...inner] = shape;
  const wide = inner.filter((size) => size !== 1).length;
  if (inner.length === 0 || wide === 0)
    throw new EngineError('data/mismatch', {
      where: scores.name,
      detail: `needs class scores [batch, classes] or [batch, positions, classes], not [${shape.join(', ')}]`,
    });
  const positions = inner.length > 1 && !inner.slice(1).every((size) => size === 1);
  const classes = (positions ? shape.at(-1) : inner[0]) as number;
  if (inner.length === 1) return { rows: scores, classes, positions, back: (gradient) => gradient };
  return {
    rows: reshape(edit, scores, [-1, classes]),
    classes,
    positions,
    back: (gradient) => reshapeLike(edit, gradient, scores),
  };
}

/** The values a final Softmax normalizes, or the output itself: what cross-entropy and soft labels are taken of. */
export function logitsOf(output: Value): Value {
  const producer = output.producer;
  return isOp(producer, 'Softmax') && producer.inputs[0] !== undefined
    ? producer.inputs[0]
    : output;
}

/**
 * What each row weighs in a mean over rows, as a value that broadcasts to [rows, 1]: 1 / rows, or where labels [B, S] say so,
 * 0 for the positions left out and 1 / (number of the others) elsewhere.
 */
export function rowShares(edit: ModelEdit, { rows, classes }: ClassRows, labels?: Value): Value {
  if (labels === undefined) {
    return div(edit, scalar(edit, classes), countOf(edit, rows));
  }
  const counted = validRows(edit, labels);
  const count = edit.op('Max', [reduceSum(edit, counted, [0, 1], false), scalar(edit, 1)]);
  return div(edit, counted, count);
}

/** [rows, 1]: 1 where the label counts, 0 where it is below 0. */
export function validRows(edit: ModelEdit, labels: Value): Value {
  const zero = edit.addConstant('zero', int64Tensor([], [0]));
  const below = indicator(edit, edit.op('Less', [labels, zero]));
  return reshape(edit, edit.op('Sub', [scalar(edit, 1), below]), [-1, 1]);
}

/** How many rows have their largest score at the label; a label below 0 is never right. */
export function correctRows(edit: ModelEdit, rows: Value, labels: Value): Value {
  const right = edit.op('Equal', [largest(edit, rows), reshape(edit, labels, [-1])]);
  return reduceSum(edit, indicator(edit, right), [0], false);
}

/** [rows] int64: the class with the largest score, the first of equals. */
export const largest = (edit: ModelEdit, rows: Value): Value =>
  edit.op('ArgMax', [rows], { axis: intAttribute(1), keepdims: intAttribute(0) });
