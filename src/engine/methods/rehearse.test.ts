import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNodeRuntime } from '../../cli/node-runtime.ts';
import { createRng, unwrap } from '../core/index.ts';
import { verify, type Model } from '../graph/index.ts';
import { defaultDims, syntheticInputs, type Feeds, type Runtime } from '../runtime/index.ts';
import * as v from 'valibot';
import type { Method } from './method.ts';
import { quantizeFloat16 } from './quantize-float16/index.ts';
import { quantizeInt8 } from './quantize-int8/index.ts';
import { quantizeWeights } from './quantize-weights/index.ts';
import { expectOtherFunction, expectSameFunction } from './testing/expect-same-function.ts';
import { contextOf } from './testing/method-context.ts';
import { plainChain, tinyModel } from './testing/tiny-models.ts';

/** A rehearsal must compute what the applied step does, and must not be the float model. */

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createNodeRuntime('wasm', 1);
});
afterAll(() => runtime.dispose());

/** Widths that no block size divides; MatMul and Gemm both ways round. */
const products = tinyModel((b) => {
  const x = b.input(['N', 40]);
  const hidden = b.op('Relu', [b.gemm(x, 'first', 40, 24)]);
  b.output(b.op('MatMul', [hidden, b.weight('last', [24, 50])]));
});

interface Case {
  readonly name: string;
  readonly method: Method;
  readonly options: object;
  readonly model: Model;
}

const methodOf = (method: unknown): Method => method as Method;
const weights = methodOf(quantizeWeights);
const int8 = methodOf(quantizeInt8);
const cases: readonly Case[] = [
  ...[2, 3, 4, 5, 8].flatMap((bits): Case[] =>
    [true, false].flatMap((symmetric): Case[] =>
      [plainChain(), products].map((model, i) => ({
        name: `quantize-weights, ${bits} bits, ${symmetric ? 'symmetric' : 'asymmetric'}, ${i === 0 ? 'convolutions' : 'products'}`,
        method: weights,
        options: { bits, symmetric, blockSize: 16 },
        model,
      })),
    ),
  ),
  ...['static', 'dynamic', 'weights-only'].flatMap((mode): Case[] =>
    ['per-channel', 'per-tensor'].map((granularity) => ({
      name: `quantize-int8, ${mode}, ${granularity}`,
      method: int8,
      options: { mode, granularity, samples: 8 },
      model: plainChain(),
    })),
  ),
];

const feedsOf = (model: Model, seed: number): Feeds =>
  syntheticInputs(model, createRng(seed), defaultDims(model, { N: 4 }));

async function rehearsed({ method, options: given, model }: Case) {
  const options = v.parse(method.schema, { method: method.id, ...given });
  const context = () =>
    contextOf(model, { runtime, calibration: [feedsOf(model, 1), feedsOf(model, 2)] });
  const planned = unwrap(method.plan(model, options, context()));
  const applied = await method.apply(model, planned, options, context());
  const rehearsal = await method.rehearse?.(model, planned, options, context());
  if (rehearsal === undefined) throw new Error(`${method.id} has no rehearsal`);
  return { applied, rehearsal };
}

describe('a rehearsal', () => {
  it.each(cases.map((test) => [test.name, test] as const))(
    'computes what is applied: %s',
    async (_name, test) => {
      const { applied, rehearsal } = await rehearsed(test);
      expect(verify(rehearsal.model)).toEqual([]);
      const feeds = feedsOf(test.model, 1);
      // The fused integer kernels add up in another order; a number next to a tie may then fall to its other side.
      const tolerance = test.method === int8 ? 0.01 : 1e-5;
      await expectSameFunction(rehearsal.model, applied, { runtime, feeds, tolerance });
      await expectOtherFunction(rehearsal.model, test.model, { runtime, feeds, tolerance: 1e-4 });
      const names = new Set(rehearsal.model.graph.constants.map(({ name }) => name));
      for (const { name } of rehearsal.float.graph.constants) expect(names).toContain(name);
    },
  );

  it('of float16 is the float model: the rounding is too fine to learn from', async () => {
    const model = plainChain();
    const method = methodOf(quantizeFloat16);
    const { rehearsal } = await rehearsed({ name: '', method, options: {}, model });
    expect(rehearsal).toEqual({ float: model, model, bits: 11 });
  });
});
