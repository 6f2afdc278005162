import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNodeRuntime } from '../../../../cli/node-runtime.ts';
import { createRng, quietTask } from '../../../core/index.ts';
import { edit, verify, type Model } from '../../../graph/index.ts';
import { foldBatchNorm } from '../../../passes/index.ts';
import {
  defaultDims,
  measureShapes,
  syntheticInputs,
  type Feeds,
  type Runtime,
} from '../../../runtime/index.ts';
import { float32Tensor, toFloat32 } from '../../../tensor/index.ts';
import { expectSameFunction, runModel } from '../../testing/expect-same-function.ts';
import { tinyModel } from '../../testing/tiny-models.ts';
import { channelStatistics } from './channel-statistics.ts';
import { keptChannels, normSites, withNorms } from './norms-for-training.ts';

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createNodeRuntime('wasm', 1);
});
afterAll(() => runtime.dispose());

/** Two convolutions, one over a single place, and a head; opset 18. */
const network = (channels = 6): Model =>
  tinyModel(
    (b) => {
      const conv = (x: Parameters<typeof b.conv>[0], name: string, from: number, to: number) =>
        b.op('Relu', [b.conv(x, name, from, to)]);
      const x = conv(b.input(['N', 3, 8, 8]), 'first', 3, channels);
      const y = conv(x, 'second', channels, channels);
      const squeezed = conv(b.op('GlobalAveragePool', [y]), 'single', channels, channels);
      b.output(b.gemm(b.op('Flatten', [squeezed]), 'head', channels, 4));
    },
    18,
    3,
  );

const feedsOf = (seed: number): Feeds => {
  const model = network();
  return syntheticInputs(model, createRng(seed), defaultDims(model, { N: 16 }));
};

async function* batches(): AsyncGenerator<Feeds> {
  yield feedsOf(1);
  yield feedsOf(2);
}

async function sitesOf(model: Model) {
  return normSites(model, await measureShapes(model, runtime, feedsOf(1), quietTask));
}

async function statisticsOf(model: Model) {
  const values = (await sitesOf(model)).map(({ node }) => node.outputs[0]!);
  return channelStatistics(model, values, batches(), runtime, quietTask);
}

/** Channels 1 and 4 of the first convolution are gone, as cutting would do it. */
function cut(model: Model): Model {
  const kept = [0, 2, 3, 5];
  const other = network(4);
  const bias = model.graph.constants.find(({ name }) => name === 'first.b')!.constant!;
  const all = toFloat32(bias);
  return edit(other, (e) => {
    const value = e.model.graph.constants.find(({ name }) => name === 'first.b')!;
    e.setConstant(
      value,
      float32Tensor(
        [4],
        kept.map((c) => all[c]!),
      ),
    );
  });
}

describe('norms for the time of a training', () => {
  it('go behind convolutions over more than one place, where the model has no norms', async () => {
    expect((await sitesOf(network())).map(({ node }) => node.name)).toEqual(['first', 'second']);
    const normed = tinyModel((b) =>
      b.output(b.op('Relu', [b.batchNorm(b.conv(b.input(['N', 3, 8, 8]), 'c', 3, 4), 'n', 4)])),
    );
    expect(normSites(normed, new Map())).toEqual([]);
  });

  it('change nothing with the own statistics, and leave the structure as it was when folded', async () => {
    const model = network();
    const statistics = await statisticsOf(model);
    const { model: normed, learning } = withNorms(model, await sitesOf(model), {
      // No relative: none of its biases is one of the student's.
      teacher: tinyModel((b) => b.output(b.op('Relu', [b.input(['N', 2])])), 18),
      teacherStatistics: new Map(),
      ownStatistics: statistics,
      fresh: false,
    });
    expect(verify(normed)).toEqual([]);
    expect(normed.graph.nodes.filter(({ opType }) => opType === 'BatchNormalization')).toHaveLength(
      2,
    );
    expect(learning).toHaveLength(4);
    const feeds = feedsOf(3);
    await expectSameFunction(model, normed, { runtime, feeds, tolerance: 1e-4 });
    const folded = foldBatchNorm(normed);
    expect(folded.graph.nodes.map(({ opType }) => opType)).toEqual(
      model.graph.nodes.map(({ opType }) => opType),
    );
    await expectSameFunction(model, folded, { runtime, feeds, tolerance: 1e-4 });
  });

  it('give a cut layer what the channels that stayed looked like in the teacher', async () => {
    const teacher = network();
    const student = cut(teacher);
    const sites = await sitesOf(student);
    expect(keptChannels(teacher, sites[0]!)).toEqual([0, 2, 3, 5]);
    expect(keptChannels(teacher, sites[1]!)).toBeUndefined();
    const teacherStatistics = await statisticsOf(teacher);
    const { model } = withNorms(student, sites, {
      teacher,
      teacherStatistics,
      ownStatistics: await statisticsOf(student),
      fresh: false,
    });
    const norm = model.graph.nodes.find(({ opType }) => opType === 'BatchNormalization')!;
    const after = await channelStatistics(model, [norm.outputs[0]!], batches(), runtime, quietTask);
    const [{ mean, variance }] = [...after.values()] as [
      { mean: Float32Array; variance: Float32Array },
    ];
    const wanted = teacherStatistics.get(sites[0]!.output)!;
    [0, 2, 3, 5].forEach((channel, i) => {
      expect(mean[i]).toBeCloseTo(wanted.mean[channel]!, 3);
      expect(variance[i]).toBeCloseTo(wanted.variance[channel]!, 3);
    });
  });
});

it('channelStatistics are the mean and variance over samples and places', async () => {
  const model = network();
  const [site] = await sitesOf(model);
  const [value] = site!.node.outputs;
  const found = (await channelStatistics(model, [value!], batches(), runtime, quietTask)).get(
    value!.name,
  )!;
  const raw = edit(model, (e) => e.setOutputs([e.value(value!)]));
  const numbers: number[][] = Array.from({ length: 6 }, () => []);
  for await (const feeds of batches()) {
    const [tensor] = Object.values(await runModel(raw, runtime, feeds));
    const all = new Float32Array((tensor!.data as Uint8Array).slice().buffer);
    all.forEach((number, i) => numbers[Math.floor(i / 64) % 6]!.push(number));
  }
  numbers.forEach((channel, c) => {
    const mean = channel.reduce((sum, x) => sum + x, 0) / channel.length;
    const variance = channel.reduce((sum, x) => sum + (x - mean) ** 2, 0) / channel.length;
    expect(found.mean[c]).toBeCloseTo(mean, 4);
    expect(found.variance[c]).toBeCloseTo(variance, 4);
  });
});
