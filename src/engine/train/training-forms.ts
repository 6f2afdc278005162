import {
  attributeFloat,
  floatAttribute,
  isOp,
  type ModelEdit,
  type Node,
  type Value,
} from '../graph/index.ts';
import { add, mul, scalar } from './gradients/expressions.ts';
import { batchStatistics } from './gradients/normalization.ts';

/**
 * Some operators behave differently while training, or must leave something behind for their
 * gradient. Their nodes are put into that form first:
 *  - BatchNormalization normalizes with the statistics of the batch, computed in primitive
 *    operators beside it, and moves its running statistics: next = momentum · running + (1 -
 *    momentum) · batch (ONNX: population variance);
 *  - MaxPool also returns where its maxima lie.
 */
export interface TrainingForm {
  /** The node in its training form (a new one where it had to gain an output). */
  readonly node: Node;
  /** Values for the gradient rule, by name. */
  readonly saved: ReadonlyMap<string, Value>;
  /**
   * Statistics that this node carries from step to step: the constant they start from, and their
   * next value.
   */
  readonly running: readonly { readonly constant: Value; readonly next: Value }[];
}

/** `rankOf` gives the measured rank of a forward value. */
export function toTrainingForm(
  edit: ModelEdit,
  node: Node,
  rankOf: (value: Value) => number,
  batchNormalization: 'batch' | 'frozen',
): TrainingForm {
  if (isOp(node, 'MaxPool')) return withIndices(edit, node);
  if (isOp(node, 'BatchNormalization') && batchNormalization === 'batch')
    return withBatchStatistics(edit, node, rankOf);
  return { node, saved: new Map(), running: [] };
}

function withIndices(edit: ModelEdit, node: Node): TrainingForm {
  const existing = node.outputs[1];
  if (existing !== undefined) return { node, saved: new Map([['indices', existing]]), running: [] };
  const full = edit.addNode(node.opType, node.inputs, {
    name: `${node.name}_indexed`,
    outputs: 2,
    attributes: Object.fromEntries(node.attributes),
  });
  const [y, indices] = full.outputs as readonly [Value, Value];
  edit.replaceUses(node.outputs[0] as Value, y);
  edit.removeNode(node);
  return { node: full, saved: new Map([['indices', indices]]), running: [] };
}

function withBatchStatistics(
  edit: ModelEdit,
  node: Node,
  rankOf: (value: Value) => number,
): TrainingForm {
  const [x, , , mean, variance] = node.inputs;
  if (x === undefined || mean === undefined || variance === undefined)
    throw new Error(`${node.name}: BatchNormalization takes five inputs`);
  const batch = batchStatistics(edit, x, rankOf(x));
  const momentum = attributeFloat(node, 'momentum', 0.9);
  const moved = (running: Value, current: Value): Value =>
    add(
      edit,
      mul(edit, running, scalar(edit, momentum)),
      mul(edit, current, scalar(edit, 1 - momentum)),
    );
  const running = [
    { constant: mean, next: moved(mean, batch.mean) },
    { constant: variance, next: moved(variance, batch.variance) },
  ];
  edit.setInput(node, 3, batch.mean);
  edit.setInput(node, 4, batch.variance);
  edit.setAttribute(node, 'momentum', floatAttribute(momentum));
  return { node, saved: new Map([['centred', batch.centred]]), running };
}
