import type { Task } from '../../../core/index.ts';
import {
  attributeFloat,
  edit,
  intAttribute,
  isOp,
  type Model,
  type ModelEdit,
  type Node,
  type Value,
} from '../../../graph/index.ts';
import type { Feeds, Runtime } from '../../../runtime/index.ts';
import { float32Tensor, int64Tensor } from '../../../tensor/index.ts';
import { channelStatistics, channelTensor } from './channel-statistics.ts';

/**
 * Running statistics that fit: what reaches a norm depends on all norms before it, so those measured before any was changed are wrong behind
 * the first, and in a deep network the error grows until nothing is a number. Each norm is computed on the batch itself, as in training, and
 * what then reaches the next is written down (Jordan et al. 2022, arXiv:2211.08403, §4: statistics are reset by a pass in training mode).
 * Norms whose statistics do not come out finite keep theirs.
 */
export async function settleNorms(
  model: Model,
  batches: AsyncIterable<Feeds>,
  runtime: Runtime,
  task: Task,
): Promise<Model> {
  const norms = model.graph.nodes.filter(
    (node) => isOp(node, 'BatchNormalization') && node.inputs[0]?.producer !== undefined,
  );
  const names = new Set(norms.map(({ inputs: [x] }) => x?.name));
  const probe = edit(model, (e) => {
    for (const norm of norms) normalizeByBatch(e, e.node(norm));
    e.removeDead();
  });
  const values = probe.graph.nodes.flatMap(({ outputs: [value] }) =>
    value !== undefined && names.has(value.name) ? [value] : [],
  );
  const found = await channelStatistics(probe, values, batches, runtime, task);
  return edit(model, (e) => {
    for (const norm of norms) {
      const [x, , , mean, variance] = e.node(norm).inputs;
      const seen = x && found.get(x.name);
      if (seen === undefined || mean === undefined || variance === undefined) continue;
      if (![...seen.mean, ...seen.variance].every(Number.isFinite)) continue;
      e.setConstant(mean, channelTensor(seen.mean));
      e.setConstant(variance, channelTensor(seen.variance));
    }
  });
}

/** γ (x − mean) / √(variance + ε) + β with mean and variance of the batch, per channel. */
function normalizeByBatch(e: ModelEdit, norm: Node): void {
  const [x, scale, shift] = norm.inputs;
  const [y] = norm.outputs;
  if (x === undefined || y === undefined) return;
  const number = (value: number): Value =>
    e.addConstant(e.freshName('settle'), float32Tensor([], [value]));
  const flat = e.addConstant(e.freshName('settle'), int64Tensor([3], [0, 0, -1]));
  const axes = e.addConstant(e.freshName('settle'), int64Tensor([2], [0, 2]));
  const places = e.op('Reshape', [x, flat]);
  const keep = { keepdims: intAttribute(1) };
  const centred = e.op('Sub', [places, e.op('ReduceMean', [places, axes], keep)]);
  const variance = e.op('ReduceMean', [e.op('Mul', [centred, centred]), axes], keep);
  const epsilon = number(attributeFloat(norm, 'epsilon', 1e-5));
  const deviation = e.op('Sqrt', [e.op('Add', [variance, epsilon])]);
  const column = e.addConstant(e.freshName('settle'), int64Tensor([3], [1, -1, 1]));
  const perChannel = (value: Value | undefined): Value => e.op('Reshape', [value, column]);
  const scaled = e.op('Mul', [e.op('Div', [centred, deviation]), perChannel(scale)]);
  const shifted = e.op('Add', [scaled, perChannel(shift)]);
  e.replaceUses(y, e.op('Reshape', [shifted, e.op('Shape', [x])]));
}
