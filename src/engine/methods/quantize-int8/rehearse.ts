import type { Model, ModelEdit, Value } from '../../graph/index.ts';
import { float32Tensor, makeTensor } from '../../tensor/index.ts';
import { straightThrough } from '../../train/index.ts';
import type { ApplyContext, Planned, Rehearsal } from '../method.ts';
import type { Affine, Grid } from '../shared/affine.ts';
import {
  editRehearsal,
  fakeRounded,
  readInstead,
  readInsteadWhere,
} from '../shared/fake-rounding.ts';
import { activationGrid, calibrate } from './calibrate.ts';
import type { QuantizeInt8Options } from './options.ts';
import type { QuantizeInt8Plan } from './plan.ts';
import type { StaticLayout } from './static-model.ts';
import type { WeightedTarget } from './weighted-nodes.ts';

/**
 * Quantization-aware training (Jacob et al. 2018, arXiv:1712.05877, §3): weights are read rounded to 8 bits, and activations where the step would put
 * a pair: `static` on a grid observed once on the calibration samples (what lies outside is clipped and learns nothing),
 * `dynamic` on the grid of each run. Biases stay float: their int32 grid is finer than float32.
 */
export async function rehearse(
  { plan }: Planned<QuantizeInt8Plan>,
  options: QuantizeInt8Options,
  context: ApplyContext,
): Promise<Rehearsal> {
  const { base } = plan;
  const targets = plan.mode === 'static' ? plan.layout.targets : plan.targets;
  const affines =
    plan.mode === 'static'
      ? await calibrate(base, plan.layout.placement.groups, options, context)
      : [];
  const model: Model = editRehearsal(base, (e) => {
    for (const target of targets) fakeWeight(e, target);
    if (plan.mode === 'static') fakePairs(e, plan.layout, affines, activationGrid(options));
    if (plan.mode === 'dynamic') fakeActivations(e, targets);
  });
  return { float: base, model, bits: 8 };
}

function fakeWeight(e: ModelEdit, { target, grid }: WeightedTarget): void {
  const axes = target.tensor.dims.map((_, i) => i).filter((i) => i !== grid.axis);
  readInstead(e, e.value(target.value), (weight) =>
    straightThrough(
      e,
      weight,
      fakeRounded(
        e,
        weight,
        axes,
        grid.symmetric ? { kind: 'symmetric', largest: 127 } : { kind: 'asymmetric', top: 255 },
      ),
    ),
  );
}

function fakePairs(
  e: ModelEdit,
  { placement }: StaticLayout,
  affines: readonly Affine[],
  grid: Grid,
): void {
  const readers = new Set(placement.integers.map(({ node }) => e.node(node)));
  for (const { value, group, fromInteger } of placement.values) {
    const make = (x: Value): Value => fakePair(e, x, affines[group] as Affine, grid);
    if (fromInteger) readInstead(e, e.value(value), make);
    else readInsteadWhere(e, e.value(value), ({ node }) => readers.has(node), make);
  }
}

function fakePair(e: ModelEdit, x: Value, { scale, zeroPoint }: Affine, grid: Grid): Value {
  const number = (value: number): Value => e.addConstant('pair_number', float32Tensor([], [value]));
  const zero = e.addConstant(
    'pair_zero',
    makeTensor(grid.dtype, [], new Uint8Array(Int8Array.of(zeroPoint).buffer)),
  );
  const step = number(scale);
  const quantized = e.op('QuantizeLinear', [x, step, zero]);
  const shown = e.op('DequantizeLinear', [quantized, step, zero]);
  const low = number((grid.qmin - zeroPoint) * scale);
  const high = number((grid.qmax - zeroPoint) * scale);
  return straightThrough(e, e.op('Clip', [x, low, high]), shown);
}

/** One rounding per activation, read by all its quantized layers; other readers go on in float. */
function fakeActivations(e: ModelEdit, targets: readonly WeightedTarget[]): void {
  const nodes = new Set(targets.flatMap((target) => target.nodes.map((node) => e.node(node))));
  const inputs = new Set([...nodes].flatMap((node) => node.inputs[0] ?? []));
  for (const input of inputs)
    readInsteadWhere(
      e,
      input,
      ({ node, index }) => index === 0 && nodes.has(node),
      (x) => {
        const { outputs } = e.addNode('DynamicQuantizeLinear', [x], { outputs: 3 });
        return straightThrough(e, x, e.op('DequantizeLinear', outputs));
      },
    );
}
