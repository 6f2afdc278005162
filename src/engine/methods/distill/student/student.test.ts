import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readFileSync } from 'node:fs';
import { createNodeRuntime } from '../../../../cli/node-runtime.ts';
import {
  channelGroups,
  countMacs,
  countParameters,
  createStatistics,
  tensorElements,
  type ChannelGroup,
  type ShapeMap,
} from '../../../analysis/index.ts';
import { createRng, quietTask, unwrap } from '../../../core/index.ts';
import { edit, verify, type Model, type Value } from '../../../graph/index.ts';
import { readModel, writeBytes } from '../../../onnx/index.ts';
import { exposeWeights } from '../../../passes/index.ts';
import { measureShapes, syntheticInputs, type Runtime } from '../../../runtime/index.ts';
import { makeTensor, tensorBytes } from '../../../tensor/index.ts';
import { architectures } from '../../testing/architectures.ts';
import {
  expectOtherFunction,
  expectSameFunction,
  numbersOf,
  runModel,
} from '../../testing/expect-same-function.ts';
import { tinyModel } from '../../testing/tiny-models.ts';
import { zeroChannels } from '../../testing/zero-channels.ts';
import { bertLike, gptLike } from '../../testing/transformers.ts';
import {
  buildStudent,
  findBlocks,
  planStudent,
  type StudentOptions,
  type StudentPlan,
} from './index.ts';
import { keptCount } from './choose-channels.ts';
import { keptBlocks } from './drop-blocks.ts';

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createNodeRuntime('wasm', 1);
});
afterAll(() => runtime.dispose());

const feedsOf = (model: Model) => syntheticInputs(model, createRng(3));
const measure = (model: Model): Promise<ShapeMap> =>
  measureShapes(model, runtime, feedsOf(model), quietTask);

const sample = (name: string): Model => {
  const file = new URL(`../../../../../public/samples/${name}/model.onnx`, import.meta.url);
  return exposeWeights(unwrap(readModel(new Uint8Array(readFileSync(file)), { name })));
};

const planOf = async (model: Model, width: number, depth: number): Promise<StudentPlan> =>
  unwrap(planStudent(model, await measure(model), { width, depth }, createStatistics(model)));

/** Builds it and holds the plan to its word. */
async function builtChecked(
  plan: StudentPlan,
  options: Pick<StudentOptions, 'weights' | 'seed'>,
): Promise<Model> {
  const { model, shapes } = buildStudent(plan, options);
  expect(verify(model)).toEqual([]);
  expect(countParameters(model).total).toBe(plan.figures.params);
  expect(writeBytes(model).byteLength).toBe(plan.figures.bytes);
  const measured = await measure(model);
  expect(countMacs(model, measured).total).toBe(plan.figures.macs);
  for (const [value, dims] of shapes) {
    const real = measured.get(value);
    if (real !== undefined) expect(real, value.name).toEqual(dims);
  }
  const outputs = await runModel(model, runtime, feedsOf(model));
  for (const output of Object.values(outputs))
    expect(Array.from(numbersOf(output)).every(Number.isFinite)).toBe(true);
  return model;
}

const paramsShare = (plan: StudentPlan): number =>
  plan.figures.params / countParameters(plan.teacher).total;

describe('the samples', () => {
  test.each<[string, number, number]>([
    ['digits', 0.5, 0.27],
    ['fashion', 0.5, 0.27],
    ['fashion-mobile', 0.5, 0.32],
    ['digits', 0.25, 0.09],
    ['fashion', 0.1, 0.03],
  ])('%s at width %d', async (name, width, most) => {
    const plan = await planOf(sample(name), width, 1);
    expect(paramsShare(plan)).toBeLessThan(most);
    for (const weights of ['important', 'fresh'] as const)
      await builtChecked(plan, { weights, seed: 1 });
  });

  test.each<[string, number]>([
    ['fashion', 2],
    ['fashion-mobile', 4],
    ['digits', 0],
  ])('%s has %d blocks that its depth can drop', async (name, blocks) => {
    const model = sample(name);
    expect(findBlocks(model, await measure(model)).blocks).toHaveLength(blocks);
    if (blocks === 0) return;
    const plan = await planOf(model, 1, 0.5);
    expect(plan.droppedBlocks).toHaveLength(blocks / 2);
    await builtChecked(plan, { weights: 'important', seed: 1 });
    await builtChecked(await planOf(model, 0.5, 0), { weights: 'fresh', seed: 1 });
  });
});

describe('width', () => {
  test.each(architectures)('%s at a half', async (_, build) => {
    const plan = await planOf(build(), 0.5, 1);
    expect(plan.summary['removed']).toBeGreaterThan(0);
    await builtChecked(plan, { weights: 'important', seed: 0 });
  });

  test('large groups keep multiples of eight, small ones any number, one at least', () => {
    expect([256, 100, 64, 30, 12, 4, 2].map((size) => keptCount(size, 0.5))).toEqual([
      128, 48, 32, 16, 6, 2, 1,
    ]);
    expect([256, 64, 16, 4, 2].map((size) => keptCount(size, 0.1))).toEqual([24, 8, 2, 1, 1]);
    expect(keptCount(7, 1)).toBe(7);
  });

  test('channels of zeros are the first to go: the function stays', async () => {
    const model = tinyModel((b) => {
      const x = b.op('Relu', [b.gemm(b.input(['batch', 5]), 'a', 5, 12)]);
      b.output(b.gemm(x, 'b', 12, 3));
    });
    const kept = [0, 3, 5, 6, 8, 10];
    const groups = channelGroups(model, await measure(model));
    const [only] = groups.groups as [ChannelGroup];
    const zeroed = zeroChannels(model, groups, new Map([[only, Uint32Array.from(kept)]]));
    const student = buildStudent(await planOf(zeroed, 0.5, 1), { weights: 'important', seed: 0 });
    const before = tensorOf(model, 'a.b');
    expect(tensorOf(student.model, 'a.b')).toEqual(kept.map((channel) => before[channel]));
    const given = { runtime, feeds: feedsOf(model), tolerance: 1e-5 };
    await expectSameFunction(zeroed, student.model, given);
    await expectOtherFunction(model, student.model, given);
  });

  test('heads go whole', async () => {
    const plan = await planOf(gptLike(), 0.5, 1);
    const { model } = buildStudent(plan, { weights: 'important', seed: 0 });
    const dims = (name: string): readonly number[] =>
      model.graph.constants.find((value) => value.name === name)?.constant?.dims ?? [];
    // Hidden size 16 → 8; 4 heads of 4 features → 2 heads of 4.
    expect(dims('h.0.qkv.weight')).toEqual([8, 24]);
    expect(dims('h.0.out.weight')).toEqual([8, 8]);
    expect(dims('words')).toEqual([20, 8]);
    expect(plan.skipped.some(({ reason }) => reason.includes('features stay whole'))).toBe(true);
  });
});

describe('depth', () => {
  test('the first and the last stay, the others evenly', () => {
    expect(keptBlocks(12, 0.5)).toEqual([0, 2, 4, 7, 9, 11]);
    expect(keptBlocks(6, 1)).toEqual([0, 1, 2, 3, 4, 5]);
    expect([keptBlocks(4, 0.25), keptBlocks(4, 0), keptBlocks(0, 0.5)]).toEqual([[0], [], []]);
  });

  test.each<[string, (layers: number) => Model]>([
    ['post-norm', bertLike],
    ['pre-norm', gptLike],
  ])('a %s transformer loses whole layers: what is left is the shorter model', async (_, build) => {
    const model = build(4);
    const plan = await planOf(model, 1, 0.5);
    expect(plan.summary).toMatchObject({ blocks: 4, droppedBlocks: 2 });
    const student = await builtChecked(plan, { weights: 'important', seed: 0 });
    const layers = (m: Model): number =>
      m.graph.nodes.filter(({ opType }) => opType === 'Softmax').length;
    const norms = (m: Model): number =>
      m.graph.nodes.filter(({ opType }) => opType === 'LayerNormalization').length;
    expect([layers(model), layers(student)]).toEqual([4, 2]);
    expect(norms(model) - norms(student)).toBe(4);
  });

  test('a block whose branch is zero can go without a trace', async () => {
    const model = (architectures[0] as (typeof architectures)[number])[1]();
    const [, second] = findBlocks(model, await measure(model)).blocks;
    const branch = second?.branches[0]?.producer;
    // BatchNormalization's scale and shift at the end of the second block.
    const silent = withZeroRows(
      withZeroRows(model, branch?.inputs[1]?.name ?? '', 'all'),
      branch?.inputs[2]?.name ?? '',
      'all',
    );
    const plan = await planOf(silent, 1, 2 / 3);
    const student = await builtChecked(plan, { weights: 'important', seed: 0 });
    const given = { runtime, feeds: feedsOf(model), tolerance: 1e-5 };
    await expectSameFunction(silent, student, given);
    await expectOtherFunction(model, student, given);
  });

  test('a block whose inside is read elsewhere stays, with the reason', async () => {
    const model = tinyModel((b) => {
      const x = b.conv(b.input(['batch', 3, 8, 8]), 'stem', 3, 4);
      const inner = b.conv(x, 'a', 4, 4);
      const sum = b.op('Add', [x, b.conv(inner, 'b', 4, 4)]);
      const pooled = b.op('GlobalAveragePool', [b.op('Mul', [sum, inner])]);
      b.output(b.gemm(b.op('Flatten', [pooled]), 'head', 4, 2));
    });
    const { blocks, skipped } = findBlocks(model, await measure(model));
    expect(blocks).toEqual([]);
    expect(skipped[0]?.reason).toContain('is also read by');
  });
});

describe('fresh weights', () => {
  test('the same seed gives the same bytes, another seed others, and none are the teacher’s', async () => {
    const plan = await planOf(sample('fashion'), 0.5, 1);
    const bytes = (seed: number): Uint8Array =>
      writeBytes(buildStudent(plan, { weights: 'fresh', seed }).model);
    expect(bytes(1)).toEqual(bytes(1));
    expect(bytes(1)).not.toEqual(bytes(2));
    const { model } = buildStudent(plan, { weights: 'fresh', seed: 1 });
    const teacher = new Set(tensorOf(plan.teacher, firstWeight(plan.teacher).name));
    const shared = tensorOf(model, firstWeight(model).name).filter((value) => teacher.has(value));
    expect(shared).toEqual([]);
  });

  test('activations keep their scale through a deep residual network without normalization', async () => {
    const model = tinyModel((b) => {
      let x = b.op('Relu', [b.conv(b.input(['batch', 3, 8, 8]), 'stem', 3, 16)]);
      for (let i = 0; i < 12; i++) {
        const inner = b.op('Relu', [b.conv(x, `a${i}`, 16, 16)]);
        x = b.op('Relu', [b.op('Add', [x, b.conv(inner, `b${i}`, 16, 16)])]);
      }
      b.output(x);
    });
    const plan = await planOf(model, 0.5, 1);
    const { model: student } = buildStudent(plan, { weights: 'fresh', seed: 4 });
    const [output] = Object.values(await runModel(student, runtime, feedsOf(student)));
    const values = Array.from(numbersOf(output as NonNullable<typeof output>));
    const rms = Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length);
    expect(rms).toBeGreaterThan(0.1);
    expect(rms).toBeLessThan(10);
  });
});

describe('refusals', () => {
  test('a teacher of which nothing can go', async () => {
    const model = tinyModel((b) => b.output(b.gemm(b.input(['batch', 5]), 'only', 5, 3)));
    const shapes = await measure(model);
    const refusal = (width: number, depth: number): string => {
      const planned = planStudent(model, shapes, { width, depth }, createStatistics(model));
      return planned.ok ? 'a plan' : `${planned.error.code}: ${planned.error.detail}`;
    };
    expect(refusal(0.5, 1)).toBe(
      'method/refused: no channels can be cut: its output is an output of the model (1 of 1)',
    );
    expect(refusal(1, 0.5)).toContain('no residual block');
    expect(refusal(1, 1)).toBe('a plan');
  });

  test('fresh weights of another type', async () => {
    const model = (
      architectures.find(
        ([name]) => name === 'flatten to a linear layer',
      ) as (typeof architectures)[number]
    )[1]();
    const half = edit(model, (e) => {
      const weight = e.model.graph.constants.find(({ name }) => name === 'fc1.w') as Value;
      e.setConstant(weight, makeTensor('float16', [20, 96], new Uint8Array(20 * 96 * 2)));
    });
    const plan = unwrap(
      planStudent(
        half,
        await measure(model).then((shapes) => moved(shapes, half)),
        { width: 0.5, depth: 1 },
        createStatistics(half),
      ),
    );
    expect(() => buildStudent(plan, { weights: 'fresh', seed: 0 })).toThrow('float16');
  });
});

/** Shapes of values of the same names. */
function moved(shapes: ShapeMap, model: Model): ShapeMap {
  const byName = new Map([...shapes].map(([value, dims]) => [value.name, dims]));
  const values = [
    ...model.graph.inputs,
    ...model.graph.constants,
    ...model.graph.nodes.flatMap((node) => node.outputs),
  ];
  return new Map(
    values.flatMap((value) => {
      const dims = value === undefined ? undefined : byName.get(value.name);
      return value === undefined || dims === undefined ? [] : [[value, dims] as const];
    }),
  );
}

const constantNamed = (model: Model, name: string): Value =>
  model.graph.constants.find((value) => value.name === name) as Value;

const tensorOf = (model: Model, name: string): number[] =>
  Array.from(
    tensorElements(constantNamed(model, name).constant as NonNullable<Value['constant']>) ?? [],
  );

const firstWeight = (model: Model): Value =>
  model.graph.constants.find((value) => (value.constant?.dims.length ?? 0) > 1) as Value;

function withZeroRows(model: Model, name: string, rows: readonly number[] | 'all'): Model {
  const value = constantNamed(model, name);
  const tensor = value.constant as NonNullable<Value['constant']>;
  const bytes = new Uint8Array(tensorBytes(tensor));
  const width = bytes.length / (tensor.dims[0] as number);
  if (rows === 'all') bytes.fill(0);
  else for (const row of rows) bytes.fill(0, row * width, (row + 1) * width);
  return edit(model, (e) => e.setConstant(value, makeTensor(tensor.dtype, tensor.dims, bytes)));
}
