import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNodeRuntime } from '../../../cli/node-runtime.ts';
import { quietTask } from '../../core/index.ts';
import { buildModel, intAttribute, type Model } from '../../graph/index.ts';
import type { Feeds, Runtime } from '../../runtime/index.ts';
import { float32Tensor } from '../../tensor/index.ts';
import type { Objective } from '../objective.ts';
import { floatsOf, floatTensor } from './float-tensors.ts';
import type { MadeBatch } from './make-batches.ts';
import { openTeacher, type Teacher } from './teacher.ts';
import { teacherAnswers } from './teacher-answers.ts';

/** probabilities = softmax(hidden), hidden = x · w; x [batch, 2]. */
const network = (batch: string | number): Model =>
  buildModel(18, (edit) => {
    const x = edit.addInput('x', { kind: 'tensor', dtype: 'float32', dims: [batch, 2] });
    const w = edit.addConstant('w', float32Tensor([2, 3], [1, 2, 3, 4, 5, 6]));
    const hidden = edit.op('MatMul', [x, w]);
    edit.rename(hidden, 'hidden');
    const y = edit.op('Softmax', [hidden], { axis: intAttribute(1) });
    edit.rename(y, 'y');
    edit.addOutput(y);
  });
const objective: Objective = {
  terms: [
    { kind: 'soft-labels', output: 'y', weight: 1, temperature: 1 },
    { kind: 'hint', student: 'hidden', teacher: 'hidden', weight: 1 },
  ],
};
const targets = ['teacher/y', 'teacher/y/logits', 'teacher/hidden/inside'];
const samples = (...values: number[]): Feeds => ({
  x: floatTensor([values.length / 2, 2], Float32Array.from(values)),
});

describe('openTeacher', () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await createNodeRuntime('wasm', 1);
  });
  afterAll(() => runtime.dispose());

  it.each(['batch', 2])(
    'answers with outputs, logits and values inside (batch %s)',
    async (batch) => {
      const model = network(batch);
      const teacher = await openTeacher(model, { objective, targets, student: model }, runtime);
      const answers = await teacher.ask(samples(1, 0, 0, 1, 1, 1));
      await teacher.release();
      const hidden = [1, 2, 3, 4, 5, 6, 5, 7, 9];
      expect(answers['teacher/y/logits']?.dims).toEqual([3, 3]);
      for (const name of targets.slice(1))
        expect([...floatsOf(answers[name] as never)], name).toEqual(hidden);
      const y = floatsOf(answers['teacher/y'] as never);
      expect(y[0]).toBeCloseTo(1 / (1 + Math.E + Math.E ** 2), 5);
    },
  );

  it('finds the output of another name at the same place', async () => {
    const student = buildModel(18, (edit) => {
      const x = edit.addInput('x', { kind: 'tensor', dtype: 'float32', dims: ['batch', 2] });
      const out = edit.op('Identity', [x]);
      edit.rename(out, 'answer');
      edit.addOutput(out);
    });
    const wants = { objective: { terms: [] }, targets: ['teacher/answer'], student };
    const teacher = await openTeacher(network('batch'), wants, runtime);
    expect((await teacher.ask(samples(0, 0)))['teacher/answer']?.dims).toEqual([1, 3]);
    await teacher.release();
  });

  it('refuses what it does not have, and answers that are not per sample', async () => {
    const model = network('batch');
    const hint: Objective = {
      terms: [{ kind: 'hint', student: 'hidden', teacher: 'nowhere', weight: 1 }],
    };
    const wants = { objective: hint, targets: ['teacher/nowhere/inside'], student: model };
    await expect(openTeacher(model, wants, runtime)).rejects.toMatchObject({
      code: 'graph/invalid',
    });
    const summed = buildModel(18, (edit) => {
      const x = edit.addInput('x', { kind: 'tensor', dtype: 'float32', dims: ['batch', 2] });
      const total = edit.op('ReduceSum', [x]);
      edit.rename(total, 'y');
      edit.addOutput(total);
    });
    const asked = { objective: { terms: [] }, targets: ['teacher/y'], student: model };
    const teacher = await openTeacher(summed, asked, runtime);
    await expect(teacher.ask(samples(1, 0, 0, 1))).rejects.toMatchObject({ code: 'data/mismatch' });
    await teacher.release();
  });
});

describe('teacherAnswers', () => {
  /** Answers 10 · x + view, of one number; counts what it is asked. */
  function setUp(options: { views: number; budget: number; uneven?: boolean }) {
    const asked: number[] = [];
    const teacher: Teacher = {
      inputs: ['t', 'other'],
      ask: (inputs) => {
        const x = floatsOf(inputs['x'] as never);
        asked.push(x.length);
        const width = options.uneven === true && x[0] !== 0 ? 2 : 1;
        const values = Float32Array.from({ length: x.length * width }, (_, i) => 10 * (x[i] ?? 0));
        const tensor = floatTensor([x.length, width], values);
        return Promise.resolve({ t: tensor, other: tensor });
      },
      release: () => Promise.resolve(),
    };
    const make = (indices: readonly number[], view: number | undefined): Promise<MadeBatch> =>
      Promise.resolve({
        inputs: {
          x: floatTensor(
            [indices.length],
            Float32Array.from(indices, (i) => i + (view ?? 0)),
          ),
        },
        labels: {},
      });
    const answers = teacherAnswers({
      teacher,
      make,
      inputs: ['t'],
      samples: Uint32Array.of(0, 2, 4, 6, 8),
      batchSize: 2,
      sampleBytes: 4,
      views: options.views,
      budget: options.budget,
    });
    const of = async (indices: readonly number[], view: number) => {
      const { t } = await answers.of(indices, view, await make(indices, view));
      return [...floatsOf(t as never)];
    };
    const prepare = (view: number, goOn = true) =>
      answers.prepare(view, () => Promise.resolve(goOn), quietTask);
    return { answers, asked, of, prepare };
  }

  it('asks once per sample and view, and gives rows in any order', async () => {
    const { answers, asked, of, prepare } = setUp({ views: 2, budget: 1000 });
    expect(answers.views).toBe(2);
    for (const view of [0, 1, 0]) expect(await prepare(view)).toBe(true);
    expect(asked).toEqual([2, 2, 1, 2, 2, 1]);
    expect(await of([8, 0, 4], 1)).toEqual([90, 10, 50]);
    expect(await of([2], 0)).toEqual([20]);
    expect(asked).toHaveLength(6);
  });

  it('keeps as many views as there is room for, and none rather than one', async () => {
    expect(setUp({ views: 4, budget: 5 * 4 * 3 }).answers.views).toBe(3);
    expect(setUp({ views: 1, budget: 5 * 4 }).answers.views).toBe(1);
    const { answers, asked, of, prepare } = setUp({ views: 4, budget: 5 * 4 });
    expect(answers.views).toBeUndefined();
    await prepare(7);
    expect(asked).toEqual([]);
    expect(await of([2, 4], 7)).toEqual([90, 110]);
    expect(asked).toEqual([2]);
  });

  it('asks in every step where answers differ in size', async () => {
    const { asked, of, prepare } = setUp({ views: 1, budget: 1000, uneven: true });
    expect(await prepare(0)).toBe(true);
    asked.length = 0;
    expect(await of([2], 0)).toEqual([20, 0]);
    expect(asked).toEqual([1]);
  });

  it('stops when told so', async () => {
    const { asked, prepare } = setUp({ views: 1, budget: 1000 });
    expect(await prepare(0, false)).toBe(false);
    expect(asked).toEqual([]);
  });
});
