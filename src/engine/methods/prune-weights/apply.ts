import type { Model, Value } from '../../graph/index.ts';
import { makeTensor, tensorBytes, type Tensor } from '../../tensor/index.ts';
import type { ApplyContext, Planned } from '../method.ts';
import { magnitudeReader } from '../shared/magnitude-bits.ts';
import { replaceWeights } from '../shared/replace-weights.ts';
import type { WeightTarget } from '../shared/weight-targets.ts';
import { cutoffIn, type Cutoff } from './cutoff.ts';
import { forEachDropped } from './pattern-groups.ts';
import type { PruneWeightsPlan, Selection } from './plan.ts';

/** Writes the zeros. A tensor in which nothing changes stays the object it was, and so byte-identical in the file. */
export async function apply(
  model: Model,
  planned: Planned<PruneWeightsPlan>,
  context: ApplyContext,
): Promise<Model> {
  const { plan } = planned;
  const changes: (readonly [Value, Tensor])[] = [];
  const record = async (
    target: WeightTarget,
    done: number,
    total: number,
    next: Tensor,
  ): Promise<void> => {
    if (next !== target.tensor) changes.push([target.value, next]);
    context.task.report({ phase: 'pruning', done, total });
    await context.task.breathe();
  };
  if (plan.kind === 'pattern') {
    for (const [i, { target, shape }] of plan.groups.entries())
      await record(
        target,
        i + 1,
        plan.groups.length,
        zeroed(target.tensor, (drop) => forEachDropped(target.tensor, shape, drop)),
      );
  } else {
    const total = plan.selections.reduce((sum, { targets }) => sum + targets.length, 0);
    let done = 0;
    for (const selection of plan.selections) {
      const drop = selector(selection);
      await context.task.breathe();
      for (const target of selection.targets)
        await record(target, ++done, total, zeroed(target.tensor, drop(target)));
    }
  }
  return replaceWeights(model, changes);
}

type Drops = (drop: (index: number) => void) => void;

/** The elements of each target that go; to be asked in the order of the targets, for ties are used up in that order. */
function selector({ targets, k, bin }: Selection): (target: WeightTarget) => Drops {
  if (bin === undefined) return () => () => undefined;
  const cutoff: Cutoff = cutoffIn(bin, targets, k);
  let ties = cutoff.ties;
  return ({ tensor, count }) =>
    (drop) => {
      const magnitude = magnitudeReader(tensor);
      for (let i = 0; i < count; i++) {
        const pattern = magnitude(i);
        if (pattern < cutoff.pattern) drop(i);
        else if (pattern === cutoff.pattern && ties > 0) {
          ties--;
          drop(i);
        }
      }
    };
}

/** `tensor` with zeros at the dropped elements; the same object when they were all zero already. */
function zeroed(tensor: Tensor, drops: Drops): Tensor {
  const before = tensorBytes(tensor);
  const bytes = new Uint8Array(before);
  const magnitude = magnitudeReader(tensor);
  const target =
    tensor.dtype === 'float16' ? new Uint16Array(bytes.buffer) : new Uint32Array(bytes.buffer);
  let changed = 0;
  drops((index) => {
    if (magnitude(index) === 0) return;
    target[index] = 0;
    changed++;
  });
  return changed === 0 ? tensor : makeTensor(tensor.dtype, tensor.dims, bytes);
}
