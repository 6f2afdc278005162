import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createNodeRuntime } from '../../../../cli/node-runtime.ts';
import { channelGroups, countParameters, type ChannelGroups } from '../../../analysis/index.ts';
import { createRng, permutation, quietTask } from '../../../core/index.ts';
import { verify, type Model } from '../../../graph/index.ts';
import { modelSize, writeBytes } from '../../../onnx/index.ts';
import {
  measureShapes,
  syntheticInputs,
  type Runtime,
  type ShapeMap,
} from '../../../runtime/index.ts';
import { architectures } from '../../testing/architectures.ts';
import { expectOtherFunction, expectSameFunction } from '../../testing/expect-same-function.ts';
import { randomNetwork } from '../../testing/random-network.ts';
import { zeroChannels } from '../../testing/zero-channels.ts';
import { removeChannels, type KeptChannels } from './index.ts';

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createNodeRuntime('wasm', 1);
});
afterAll(() => runtime.dispose());

const feedsOf = (model: Model) => syntheticInputs(model, createRng(3));
const measure = (model: Model): Promise<ShapeMap> =>
  measureShapes(model, runtime, feedsOf(model), quietTask);

/** A random share of the channels of every group that is no inner digit; `exactOnly`: where zeros can go unnoticed. */
function randomPlan({ groups }: ChannelGroups, seed: number, exactOnly: boolean): KeptChannels {
  const rng = createRng(seed);
  const kept = new Map<ChannelGroups['groups'][number], Uint32Array>();
  for (const group of groups) {
    const own = rng.fork(`${group.id}`);
    if (group.within !== undefined || (exactOnly && group.mixedBy !== undefined)) continue;
    const count = 1 + own.integer(group.size - 1);
    kept.set(group, permutation(group.size, own).slice(0, count).toSorted());
  }
  return kept;
}

/** Cuts, and checks what holds for any cut: valid, smaller, runs, and every shape and figure as the preview said. */
async function cutChecked(model: Model, seed: number): Promise<void> {
  const shapes = await measure(model);
  const groups = channelGroups(model, shapes);
  const kept = randomPlan(groups, seed, false);
  const cut = removeChannels(model, groups, kept, shapes);
  const preview = removeChannels(model, groups, kept, shapes, false);
  expect(verify(cut.model)).toEqual([]);
  const after = await measure(cut.model);
  for (const [value, dims] of cut.shapes) {
    const measured = after.get(value);
    if (measured !== undefined) expect(measured, value.name).toEqual(dims);
  }
  expect(modelSize(preview.model)).toBe(writeBytes(cut.model).byteLength);
  expect(countParameters(preview.model).total).toBe(countParameters(cut.model).total);
  if (kept.size > 0)
    expect(countParameters(cut.model).total).toBeLessThan(countParameters(model).total);
}

/** Removing channels of zeros leaves the function as it is; the same cut of channels that are not zero does not. */
async function zerosUnnoticed(model: Model, seed: number, control: boolean): Promise<number> {
  const feeds = feedsOf(model);
  const first = channelGroups(model, await measure(model));
  const zeroed = zeroChannels(model, first, randomPlan(first, seed, true));
  const shapes = await measure(zeroed);
  const groups = channelGroups(zeroed, shapes);
  const kept = randomPlan(groups, seed, true);
  const cut = removeChannels(zeroed, groups, kept, shapes);
  await expectSameFunction(zeroed, cut.model, { runtime, feeds, tolerance: 1e-5 });
  if (control && kept.size > 0)
    await expectOtherFunction(model, cut.model, { runtime, feeds, tolerance: 1e-3 });
  return kept.size;
}

describe.each(architectures)('%s', (name, build) => {
  test('cut at random: runs, and the preview told its shapes, parameters and bytes', async () => {
    await cutChecked(build(), 1);
  });

  test('channels of zeros go unnoticed, others do not', async () => {
    const cut = await zerosUnnoticed(build(), 7, true);
    expect(cut, name).toBeGreaterThan(0);
  });
});

describe('random networks', () => {
  const count = process.env['WHITTLE_SLOW'] === '1' ? 600 : 20;
  test.each(Array.from({ length: count }, (_, seed) => seed))('seed %i', async (seed) => {
    const model = randomNetwork(seed);
    await cutChecked(model, seed);
    await zerosUnnoticed(model, seed, false);
  });
});

test('a group may not lose all its channels', async () => {
  const model = (architectures[0] as (typeof architectures)[number])[1]();
  const shapes = await measure(model);
  const groups = channelGroups(model, shapes);
  const [group] = groups.groups;
  expect(() =>
    removeChannels(
      model,
      groups,
      new Map([[group as NonNullable<typeof group>, new Uint32Array()]]),
      shapes,
    ),
  ).toThrow('all its channels');
});
