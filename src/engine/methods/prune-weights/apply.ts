import type { Task } from '../../core/index.ts';
import type { Model, Value } from '../../graph/index.ts';
import { makeTensor, tensorBytes, type Tensor } from '../../tensor/index.ts';
import type { ApplyContext, Planned } from '../method.ts';
import { magnitudeReader } from '../shared/magnitude-bits.ts';
import { replaceWeights } from '../shared/replace-weights.ts';
import type { WeightTarget } from '../shared/weight-targets.ts';
import { cutoffIn } from './cutoff.ts';
import { forEachDropped } from './pattern-groups.ts';
import type { PruneWeightsPlan, Selection } from './plan.ts';

/** Writes the zeros. A tensor in which nothing changes stays the object it was, and so byte-identical in the file. */
export async function apply(
  model: Model,
  { plan }: Planned<PruneWeightsPlan>,
  { task }: ApplyContext,
): Promise<Model> {
  const changes: (readonly [Value, Tensor])[] = [];
  const work = await dropsOf(plan, task);
  for (const [i, { target, drops }] of work.entries()) {
    if (plan.rewritten.has(target.value))
      changes.push([target.value, zeroed(target.tensor, drops)]);
    task.report({ phase: 'pruning', done: i + 1, total: work.length });
    await task.breathe();
  }
  return replaceWeights(model, changes);
}

interface TargetDrops {
  readonly target: WeightTarget;
  readonly drops: Drops;
}

async function dropsOf(plan: PruneWeightsPlan, task: Task): Promise<TargetDrops[]> {
  if (plan.kind === 'pattern')
    return plan.groups.map(({ target, shape }) => ({
      target,
      drops: (drop) => forEachDropped(target.tensor, shape, drop),
    }));
  const found: TargetDrops[] = [];
  for (const selection of plan.selections) {
    const drops = await selector(selection, task);
    found.push(...selection.targets.map((target) => ({ target, drops: drops(target) })));
  }
  return found;
}

type Drops = (drop: (index: number) => void) => void;

/** The elements of each target that go; to be run in the order of the targets, for ties are used up in that order. */
async function selector(
  { targets, k, bin }: Selection,
  task: Task,
): Promise<(target: WeightTarget) => Drops> {
  if (bin === undefined) return () => () => undefined;
  const cutoff = await cutoffIn(bin, targets, k, task);
  let { ties } = cutoff;
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

/** `tensor` with zeros at the dropped elements. What is zero already stays as it is, sign included. */
function zeroed(tensor: Tensor, drops: Drops): Tensor {
  const bytes = new Uint8Array(tensorBytes(tensor));
  const magnitude = magnitudeReader(tensor);
  const target =
    tensor.dtype === 'float16' ? new Uint16Array(bytes.buffer) : new Uint32Array(bytes.buffer);
  drops((index) => {
    if (magnitude(index) !== 0) target[index] = 0;
  });
  return makeTensor(tensor.dtype, tensor.dims, bytes);
}
