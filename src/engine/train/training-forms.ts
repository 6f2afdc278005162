import {
  attributeFloat,
  floatAttribute,
  isOp,
  type ModelEdit,
  type Node,
  type Value,
} from '../graph/index.ts';
import { add, mul, scalar } from './gradients/expressions.ts';
import { comparesWindows } from './gradients/max-pool.ts';
import { batchStatistics } from './gradients/normalization.ts';

/**
 * Some operators behave differently while training, or must leave something behind for their
 * gradient. Their nodes are put into that form first:
 *  - BatchNormalization normalizes with the statistics of the batch, computed in primitive
 *    operators beside it, and moves its running statistics: next = momentum · running + (1 -
 *    momentum) · batch (ONNX: population variance);
 *  - MaxPool also returns where its maxima lie, unless its rule compares;
 *  - LayerNormalization also returns the mean and 1 / √(variance + ε) it divided by.
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
  if (isOp(node, 'MaxPool') && !comparesWindows(node)) return withOutputs(edit, node, ['indices']);
  if (isOp(node, 'LayerNormalization')) return withOutputs(edit, node, ['mean', 'inverse']);
  if (isOp(node, 'BatchNormalization') && batchNormalization === 'batch')
    return withBatchStatistics(edit, node, rankOf);
  return { node, saved: new Map(), running: [] };
}

/** The node with its optional outputs, saved under `names`: what is left out is added. */
function withOutputs(edit: ModelEdit, node: Node, names: readonly string[]): TrainingForm {
  const full = names.every((_, i) => node.outputs[i + 1] !== undefined)
    ? node
    : edit.addNode(node.opType, node.inputs, {
        name: `${node.name}_with_${names.join('_')}`,
        outputs: names.length + 1,
        attributes: Object.fromEntries(node.attributes),
      });
  const saved = new Map(names.map((name, i) => [name, full.outputs[i + 1] as Value]));
  if (full === node) return { node, saved, running: [] };
  node.outputs.forEach((output, i) => {
    if (output !== undefined) edit.replaceUses(output, full.outputs[i] as Value);
  });
  edit.removeNode(node);
  return { node: full, saved, running: [] };
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
