import { afterAll, beforeAll, expect, it } from 'vitest';
import { createNodeRuntime } from '../../../../cli/node-runtime.ts';
import { createRng, quietTask } from '../../../core/index.ts';
import { edit, floatAttribute, isOp, type Model } from '../../../graph/index.ts';
import { defaultDims, syntheticInputs, type Feeds, type Runtime } from '../../../runtime/index.ts';
import { float32Tensor, toFloat32 } from '../../../tensor/index.ts';
import { tinyModel } from '../../testing/tiny-models.ts';
import { channelStatistics } from './channel-statistics.ts';
import { settleNorms } from './settle-norms.ts';

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createNodeRuntime('wasm', 1);
});
afterAll(() => runtime.dispose());

/** Convolutions and norms that double what they are given, five times over; statistics of another network. */
const deep = tinyModel((b) => {
  let x = b.input(['N', 4, 6, 6]);
  for (let layer = 0; layer < 5; layer++) {
    const per = (name: string, value: number) =>
      b.e.addConstant(`${name}${layer}`, float32Tensor([4], new Float32Array(4).fill(value)));
    const constants = [per('scale', 2), per('shift', 1), per('mean', -3), per('variance', 0.01)];
    x = b.op('BatchNormalization', [b.conv(x, `conv${layer}`, 4, 4), ...constants], {
      epsilon: floatAttribute(1e-5),
    });
  }
  b.output(x);
}, 18);
const feeds = syntheticInputs(deep, createRng(2), defaultDims(deep, { N: 8 }));
async function* batches(): AsyncGenerator<Feeds> {
  yield feeds;
}

/** How far what the norms give, as they run later, is from mean 1 and deviation 2. */
async function distance(model: Model): Promise<number> {
  const outputs = model.graph.nodes.flatMap((node) =>
    isOp(node, 'BatchNormalization') && node.outputs[0] !== undefined ? [node.outputs[0]] : [],
  );
  const seen = await channelStatistics(model, outputs, batches(), runtime, quietTask);
  const errors = [...seen.values()].flatMap(({ mean, variance }) => [
    ...mean.map((value) => Math.abs(value - 1)),
    ...variance.map((value) => Math.abs(Math.sqrt(value) - 2)),
  ]);
  expect(errors.length).toBe(40);
  return Math.max(...errors);
}

it('gives every norm the statistics that it meets behind the others', async () => {
  expect(await distance(deep)).toBeGreaterThan(100);
  const settled = await settleNorms(deep, batches(), runtime, quietTask);
  expect(await distance(settled)).toBeLessThan(1e-3);
  expect(settled.graph.nodes.map(({ opType }) => opType)).toEqual(
    deep.graph.nodes.map(({ opType }) => opType),
  );
});

it('keeps statistics where nothing finite comes out', async () => {
  const broken = edit(deep, (e) => {
    const weight = e.model.graph.constants.find(({ name }) => name === 'conv4.w');
    if (weight?.constant === undefined) throw new Error('no such weight');
    const values = toFloat32(weight.constant).fill(Number.NaN);
    e.setConstant(weight, float32Tensor(weight.constant.dims, values));
  });
  const settled = await settleNorms(broken, batches(), runtime, quietTask);
  const mean = (name: string) =>
    toFloat32(settled.graph.constants.find((value) => value.name === name)!.constant!)[0];
  expect(mean('mean4')).toBe(-3);
  expect(mean('mean0')).not.toBe(-3);
});
