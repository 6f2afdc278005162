import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNodeRuntime } from '../../../../cli/node-runtime.ts';
import { createRng, quietTask } from '../../../core/index.ts';
import { intAttribute, verify, type Model } from '../../../graph/index.ts';
import {
  defaultDims,
  measureShapes,
  syntheticInputs,
  type Runtime,
} from '../../../runtime/index.ts';
import { runModel } from '../../testing/expect-same-function.ts';
import { tinyModel, type TinyBuilder } from '../../testing/tiny-models.ts';
import { pairOutputs, type TaughtPair } from './taught-outputs.ts';

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createNodeRuntime('wasm', 1);
});
afterAll(() => runtime.dispose());

const feedsOf = (model: Model) =>
  syntheticInputs(model, createRng(1), defaultDims(model, { N: 2 }));

async function pairOf(
  build: (b: TinyBuilder) => void,
  asked: Parameters<typeof pairOutputs>[3] = 'auto',
): Promise<TaughtPair> {
  const [student, teacher] = [tinyModel(build, 18, 1), tinyModel(build, 18, 2)];
  const shapes = await measureShapes(teacher, runtime, feedsOf(teacher), quietTask);
  const pair = pairOutputs(student, teacher, shapes, asked);
  expect([...verify(pair.student), ...verify(pair.teacher)]).toEqual([]);
  const run = await runModel(pair.student, runtime, feedsOf(pair.student));
  expect(Object.keys(run)).toEqual(pair.outputs.map(({ name }) => name));
  return pair;
}

const kinds = ({ outputs }: TaughtPair) =>
  outputs.map(({ kind, width, perSample }) => [kind, width, perSample]);
const operators = ({ student }: TaughtPair) => student.graph.nodes.map(({ opType }) => opType);

describe('what a student is taught', () => {
  it('is the logits before a Softmax, in both models under one name', async () => {
    const pair = await pairOf((b) =>
      b.output(b.op('Softmax', [b.gemm(b.input(['N', 4]), 'fc', 4, 3)])),
    );
    expect(kinds(pair)).toEqual([['classes', 3, true]]);
    expect(operators(pair)).toEqual(['Gemm', 'Identity']);
    expect(pair.teacher.graph.outputs[0]?.name).toBe(pair.student.graph.outputs[0]?.name);
  });

  it('is flattened where a Softmax lies over the channels of single pixels', async () => {
    const pair = await pairOf((b) => {
      const pooled = b.op('GlobalAveragePool', [b.conv(b.input(['N', 3, 6, 6]), 'c', 3, 5)]);
      b.output(b.op('Softmax', [pooled], { axis: intAttribute(1) }));
    });
    expect(kinds(pair)).toEqual([['classes', 5, true]]);
    expect(operators(pair)).toEqual(['Conv', 'GlobalAveragePool', 'Flatten']);
  });

  it('is left as it is where the Softmax runs over another axis', async () => {
    const pair = await pairOf((b) =>
      b.output(
        b.op('Softmax', [b.conv(b.input(['N', 3, 6, 6]), 'c', 3, 5)], { axis: intAttribute(1) }),
      ),
    );
    expect(kinds(pair)).toEqual([['values', 6, false]]);
    expect(operators(pair)).toEqual(['Conv', 'Softmax']);
  });

  it.each<[string, (b: TinyBuilder) => void, unknown]>([
    ['scores', (b) => b.output(b.gemm(b.input(['N', 4]), 'fc', 4, 3)), ['classes', 3, true]],
    ['heatmaps', (b) => b.output(b.conv(b.input(['N', 3, 6, 6]), 'c', 3, 5)), ['values', 6, false]],
    [
      'a single number',
      (b) => b.output(b.gemm(b.input(['N', 4]), 'fc', 4, 1)),
      ['values', 1, true],
    ],
    [
      'an embedding of length 1',
      (b) => {
        const y = b.gemm(b.input(['N', 4]), 'fc', 4, 3);
        const length = b.op('ReduceL2', [y, b.integers('axes', [1])]);
        b.output(b.op('Div', [y, length]));
      },
      ['embedding', 3, true],
    ],
    [
      'probabilities that are no distribution',
      (b) => b.output(b.op('Sigmoid', [b.gemm(b.input(['N', 4]), 'fc', 4, 3)])),
      ['values', 3, true],
    ],
    [
      'token scores',
      (b) => {
        const ids = b.e.addInput('ids', { kind: 'tensor', dtype: 'int64', dims: ['N', 3] });
        const state = b.op('Gather', [
          b.weight('table', [4, 5]),
          b.op('Mod', [ids, b.integers('n', [4])]),
        ]);
        b.output(b.op('MatMul', [state, b.weight('head', [5, 7])]));
      },
      ['classes', 7, false],
    ],
  ])('tells %s from the graph', async (_name, build, expected) => {
    expect(kinds(await pairOf(build))).toEqual([expected]);
  });

  it('is what one asks for', async () => {
    const build = (b: TinyBuilder) => b.output(b.gemm(b.input(['N', 4]), 'fc', 4, 3));
    expect(kinds(await pairOf(build, 'embedding'))).toEqual([['embedding', 3, true]]);
  });

  it('leaves out what is no batch of floats', async () => {
    const pair = await pairOf((b) => {
      const y = b.gemm(b.input(['N', 4]), 'fc', 4, 3);
      b.output(y);
      const best = b.op('ArgMax', [y], { axis: intAttribute(1) });
      b.e.setType(best, { kind: 'tensor', dtype: 'int64', dims: ['N', 1] });
      b.output(best);
      b.output(b.op('ReduceMean', [y], { keepdims: intAttribute(0) }));
    });
    expect(kinds(pair)).toEqual([['classes', 3, true]]);
  });
});
