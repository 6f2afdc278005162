import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNodeRuntime } from '../../../cli/node-runtime.ts';
import { createRng, quietTask, type Task } from '../../core/index.ts';
import { buildModel, edit, type Model } from '../../graph/index.ts';
import { writeBytes } from '../../onnx/index.ts';
import type { Runtime } from '../../runtime/index.ts';
import { float32Tensor, typedView } from '../../tensor/index.ts';
import { xavierUniform } from '../initializers.ts';
import type { Learned, LearnRequest, LearnSettings, TrainingHost } from '../learning.ts';
import type { Objective } from '../objective.ts';
import {
  barData,
  countingRuntime,
  memoryStore,
  noAugmentation,
  quickSettings,
  rememberingHost,
  ruleData,
} from '../testing/learning-task.ts';
import { tinyNetwork } from '../testing/tiny-task.ts';
import { learn } from './learn.ts';

const hard: Objective = {
  terms: [{ kind: 'cross-entropy', output: 'scores', weight: 1, smoothing: 0 }],
};
const soft: Objective = {
  terms: [{ kind: 'soft-labels', output: 'scores', weight: 1, temperature: 2 }],
};
const data = barData(320, 1);
const request = (changes: Partial<LearnRequest> = {}): LearnRequest => ({
  student: tinyNetwork(2),
  teacher: undefined,
  objective: hard,
  data,
  settings: quickSettings,
  run: 'student',
  key: 'test',
  ...changes,
});
const settings = (changes: Partial<LearnSettings>): LearnSettings => ({
  ...quickSettings,
  ...changes,
});
const stopAfter = (steps: number): Task => {
  const stop = new AbortController();
  return {
    ...quietTask,
    signal: stop.signal,
    report: ({ phase, done }) => {
      if (phase === 'training' && done === steps) stop.abort();
    },
  };
};

describe('learn', () => {
  let runtime: Runtime & { open(): number };
  let teacher: Model;
  const run = (
    asked: LearnRequest,
    host: TrainingHost = rememberingHost(),
    task: Task = quietTask,
  ): Promise<Learned> => learn(asked, { runtime, task, host });
  beforeAll(async () => {
    runtime = countingRuntime(await createNodeRuntime('wasm', 1));
    ({ model: teacher } = await run(request({ student: tinyNetwork(1) })));
  });
  afterAll(() => runtime.dispose());

  it('learns from labels and says how it goes', async () => {
    const host = rememberingHost();
    const learned = await run(request({ settings: settings({ averageDecay: 0.9 }) }), host);
    expect(learned).toMatchObject({ steps: 28, ended: 'epochs', teacher: undefined });
    expect(learned.best?.metric).toBe('accuracy');
    expect(learned.best?.value).toBeGreaterThan(0.9);
    expect(learned.best?.samples).toBe(80);
    const validations = new Map(
      host.reports.flatMap(({ validation }) => (validation ? [[validation.step, validation]] : [])),
    );
    expect([...validations.keys()]).toEqual([0, 7, 14, 21, 28]);
    expect(validations.get(0)?.value).toBeLessThan(0.6);
    expect(host.reports[0]?.phase).toBe('preparing');
    const last = host.reports.at(-1);
    expect(last).toMatchObject({
      phase: 'done',
      step: 28,
      steps: 28,
      epoch: 4,
      best: learned.best,
    });
    expect(last?.loss).toBeLessThan(0.5);
    expect(last?.parts).toEqual({ 'cross-entropy': last?.loss });
    // 32 samples in 1 s of this clock
    expect(last?.samplesPerSecond).toBe(32);
    expect(last?.etaMs).toBe(0);
    expect(runtime.open()).toBe(0);
  });

  it('distils without labels, and measures agreement with the teacher', async () => {
    const host = rememberingHost();
    const learned = await run(
      request({ data: barData(320, 1, false), teacher, objective: soft }),
      host,
    );
    expect(learned.best?.metric).toBe('agreement');
    expect(learned.best?.value).toBeGreaterThan(0.9);
    expect(host.reports.some(({ phase }) => phase === 'asking-teacher')).toBe(true);
    expect(runtime.open()).toBe(0);
  });

  it('tells the score of the teacher beside that of the student', async () => {
    const learned = await run(
      request({ teacher, objective: { terms: [...hard.terms, ...soft.terms] } }),
    );
    expect(learned.teacher).toBeGreaterThan(0.9);
    expect(learned.best?.value).toBeGreaterThan(0.9);
  });

  const pooled = (model: Model): string =>
    model.graph.nodes.find((node) => node.opType === 'MaxPool')?.outputs[0]?.name ?? '';
  it('follows values, directions and hints of a teacher of another width', async () => {
    const wide = edit(tinyNetwork(5), () => undefined);
    const narrow = narrowNetwork();
    const host = rememberingHost();
    const learned = await run(
      request({
        student: narrow,
        teacher: wide,
        data: barData(320, 1, false),
        objective: {
          terms: [
            { kind: 'mse', output: 'scores', weight: 1 },
            { kind: 'cosine', output: 'scores', weight: 0.5 },
            { kind: 'hint', student: pooled(narrow), teacher: pooled(wide), weight: 0.5 },
          ],
        },
        settings: settings({
          epochs: 12,
          optimizer: { kind: 'adamw', learningRate: 0.02, weightDecay: 0 },
        }),
      }),
      host,
    );
    const first = host.reports.find(({ validation }) => validation !== undefined)?.validation;
    expect(learned.best?.metric).toBe('sqnr');
    expect(learned.best?.value).toBeGreaterThan((first?.value ?? 0) + 3);
    expect(learned.best?.loss).toBeLessThan((first?.loss ?? 0) / 2);
    expect(Object.keys(host.reports.at(-1)?.parts ?? {})).toEqual(['mse', 'cosine', 'hint']);
    const names = (model: Model): string[] => model.graph.constants.map(({ name }) => name);
    expect(names(learned.model)).toEqual(names(narrow));
  });

  it('learns sequences and measures perplexity', async () => {
    const student = buildModel(18, (change) => {
      const tokens = change.addInput('tokens', {
        kind: 'tensor',
        dtype: 'int64',
        dims: ['batch', 'sequence'],
      });
      const rng = createRng(1);
      const table = change.addConstant('table', xavierUniform([12, 8], rng.fork('table')));
      const head = change.addConstant('head', xavierUniform([8, 12], rng.fork('head')));
      const scores = change.op('MatMul', [change.op('Gather', [table, tokens]), head]);
      change.rename(scores, 'scores');
      change.addOutput(scores);
    });
    const learned = await run(
      request({
        student,
        teacher: student,
        data: ruleData(96, 12),
        settings: settings({
          batchSize: 8,
          epochs: 12,
          optimizer: { kind: 'adamw', learningRate: 0.05, weightDecay: 0 },
          clipNorm: 1,
        }),
      }),
    );
    expect(learned.best?.metric).toBe('perplexity');
    expect(learned.best?.value).toBeLessThan(1.3);
    // What the untrained student itself would say, as its own teacher.
    expect(learned.teacher).toBeGreaterThan(5);
  });

  it('trains only what it is told to and keeps masked zeros', async () => {
    const student = edit(tinyNetwork(2), (change) => {
      const weight = change.model.graph.constants.find(({ name }) => name === 'conv.weight');
      const values = Float32Array.from(typedView(weight?.constant as never) as Float32Array);
      for (let i = 0; i < values.length; i += 3) values[i] = 0;
      if (weight) change.setConstant(weight, float32Tensor([8, 1, 3, 3], values));
    });
    const trainable = new Set(['conv.weight', 'norm.gamma']);
    const masked = new Set(['conv.weight']);
    const { model, best } = await run(
      request({
        student,
        trainable,
        masked,
        settings: settings({ epochs: 1, validationShare: 0 }),
      }),
    );
    expect(best).toBeUndefined();
    const changed = student.graph.constants.flatMap(({ name, constant }) => {
      const after = model.graph.constants.find((value) => value.name === name)?.constant;
      const [a, b] = [constant, after].map((t) => [...(typedView(t as never) as Float32Array)]);
      if (name === 'conv.weight') b?.forEach((w, i) => expect(w === 0).toBe(a?.[i] === 0));
      return a?.join() === b?.join() ? [] : [name];
    });
    expect(changed).toEqual(['conv.weight', 'norm.gamma', 'norm.mean', 'norm.variance']);
  });

  it('keeps its inputs apart from values of the model that have their names', async () => {
    const student = edit(tinyNetwork(2), (change) => {
      const [first, second] = change.model.graph.nodes;
      const [a, b] = [first?.outputs[0], second?.outputs[0]];
      if (a) change.rename(a, 'labels');
      if (b) change.rename(b, 'teacher/scores/logits');
    });
    const learned = await run(
      request({ student, teacher, objective: { terms: [...hard.terms, ...soft.terms] } }),
    );
    expect(learned.best?.value).toBeGreaterThan(0.9);
  });

  describe('checkpoints', () => {
    const strong = { ...noAugmentation, shift: 1, flip: true, cutout: 3, cutoutChance: 0.5 };
    const kinds: Record<string, () => Partial<LearnRequest>> = {
      'labels, mixup, momentum, averages': () => ({
        settings: settings({ averageDecay: 0.9, augmentation: { ...strong, mixup: 0.4 } }),
      }),
      'teacher, views, AdamW, accumulated': () => ({
        teacher,
        objective: { terms: [...hard.terms, ...soft.terms] },
        settings: settings({
          augmentation: strong,
          accumulate: 2,
          batchSize: 16,
          optimizer: { kind: 'adamw', learningRate: 0.02, weightDecay: 0.01 },
        }),
      }),
    };
    it.each(Object.keys(kinds))('resumed, it gives the same bytes (%s)', async (kind) => {
      const asked = request(kinds[kind]?.());
      const whole = await run(asked);
      const checkpoints = memoryStore();
      // In the middle of the second epoch, and again at the end of the third.
      for (const step of [10, 21])
        await expect(
          run(asked, rememberingHost({ checkpoints }), stopAfter(step)),
        ).rejects.toMatchObject({ code: 'cancelled' });
      expect(runtime.open()).toBe(0);
      const host = rememberingHost({ checkpoints });
      const resumed = await run(asked, host);
      expect(writeBytes(resumed.model)).toEqual(writeBytes(whole.model));
      expect(resumed.best).toEqual(whole.best);
      // Its curve starts where the first one started.
      expect(host.reports.find(({ validation }) => validation)?.validation?.step).toBe(0);
    });

    it('asked again, a finished training is there at once', async () => {
      const checkpoints = memoryStore();
      const first = await run(request(), rememberingHost({ checkpoints }));
      const dead: Runtime = {
        ...runtime,
        create: () => Promise.reject(new Error('nothing is to be run')),
      };
      const again = await learn(request(), {
        runtime: dead,
        task: quietTask,
        host: rememberingHost({ checkpoints }),
      });
      expect(writeBytes(again.model)).toEqual(writeBytes(first.model));
      expect(again.best).toEqual(first.best);
    });

    it('does not go on from that of another request, nor from half of one', async () => {
      const checkpoints = memoryStore();
      const asked = request({ settings: settings({ epochs: 1 }) });
      const whole = await run(asked, rememberingHost({ checkpoints }));
      const bytes = checkpoints.kept.get('test') ?? new Uint8Array();
      checkpoints.kept.set('test', bytes.subarray(0, bytes.length - 1));
      const again = await run(asked, rememberingHost({ checkpoints }));
      expect(writeBytes(again.model)).toEqual(writeBytes(whole.model));
      const other = await run(
        request({ settings: settings({ epochs: 1, seed: 8 }) }),
        rememberingHost({ checkpoints }),
      );
      expect(writeBytes(other.model)).not.toEqual(writeBytes(whole.model));
    });
  });

  it('holds while the gate is shut, writes that down, and finishes by hand with the best', async () => {
    const checkpoints = memoryStore();
    let asked = 0;
    const host = rememberingHost({
      checkpoints,
      checkpointEveryMs: Infinity,
      gate: async () => {
        asked++;
        if (asked === 10) await new Promise((resolve) => setTimeout(resolve, 5));
        return asked < 17 ? 'go-on' : 'finish';
      },
    });
    const learned = await run(request(), host);
    expect(learned).toMatchObject({ ended: 'finished by hand', steps: 16 });
    const phases = host.reports.map(({ phase }) => phase);
    expect(phases.filter((phase) => phase === 'paused')).toHaveLength(1);
    expect(checkpoints.kept.has('test')).toBe(true);
    expect(learned.best?.step).toBeLessThanOrEqual(16);
    expect(runtime.open()).toBe(0);
  });

  it('can be cancelled while it is paused', async () => {
    const stop = new AbortController();
    const host = rememberingHost({
      gate: () => {
        setTimeout(() => stop.abort(), 1);
        return new Promise(() => undefined);
      },
    });
    const attempt = run(request(), host, { ...quietTask, signal: stop.signal });
    await expect(attempt).rejects.toMatchObject({ code: 'cancelled' });
    expect(runtime.open()).toBe(0);
  });

  const hot = settings({
    warmup: 0.9,
    schedule: 'constant',
    optimizer: { kind: 'sgd', learningRate: 1e30, momentum: 0, nesterov: false, weightDecay: 0 },
  });
  it('says that it diverged when nothing was learnt before', async () => {
    await expect(run(request({ settings: hot }))).rejects.toMatchObject({ code: 'train/diverged' });
    expect(runtime.open()).toBe(0);
  });

  it('gives the best weights back when it diverges later', async () => {
    const source = barData(320, 1);
    let batches = 0;
    const poisoned: LearnRequest['data'] = {
      ...source,
      batch: async (indices) => {
        const batch = await source.batch(indices);
        // The last epoch brings pictures that are no numbers.
        if (++batches > 34 && batch.inputs['image']?.data instanceof Uint8Array)
          batch.inputs['image'].data.fill(255);
        return batch;
      },
    };
    const learned = await run(request({ data: poisoned }));
    expect(learned.ended).toBe('diverged');
    expect(learned.best?.value).toBeGreaterThan(0.7);
    expect(learned.steps).toBeLessThan(28);
  });

  it('ends when patience is over', async () => {
    const still = settings({
      epochs: 20,
      patience: 2,
      optimizer: { kind: 'sgd', learningRate: 0, momentum: 0, nesterov: false, weightDecay: 0 },
      batchNormalization: 'frozen',
    });
    const learned = await run(request({ settings: still }));
    expect(learned).toMatchObject({ ended: 'patience', steps: 14 });
    expect(learned.best?.epoch).toBe(0);
  });

  it.each<[string, Partial<LearnRequest>, string]>([
    ['labels that are not there', { data: barData(40, 1, false) }, 'data/labels-missing'],
    ['a teacher that is not there', { objective: soft }, 'argument/invalid'],
    [
      'labels beyond the classes',
      { data: { ...data, labels: data.labels?.map(() => 3) } },
      'data/mismatch',
    ],
    [
      'augmentation of what is no image',
      {
        data: { ...data, image: undefined },
        settings: settings({ augmentation: { ...noAugmentation, flip: true } }),
      },
      'argument/invalid',
    ],
    ['no samples', { data: { ...data, count: 0, labels: new Int32Array() } }, 'data/empty'],
  ])('refuses %s', async (_, changes, code) => {
    await expect(run(request(changes))).rejects.toMatchObject({ code });
    expect(runtime.open()).toBe(0);
  });

  it('takes no more memory after a thousand steps than after the first few', async () => {
    const sizes: number[] = [];
    const host = rememberingHost({
      gate: () => {
        sizes.push(process.memoryUsage.rss());
        return Promise.resolve('go-on');
      },
    });
    // 0.4 MB are carried from step to step: lost each time they would be 440 MB.
    const asked = request({
      student: wideNetwork(512),
      settings: settings({ epochs: 36, batchSize: 8, averageDecay: 0.9 }),
    });
    expect((await run(asked, host)).steps).toBe(1080);
    const mean = (values: readonly number[]): number =>
      values.reduce((sum, value) => sum + value, 0) / values.length;
    const growth = mean(sizes.slice(-80)) - mean(sizes.slice(80, 160));
    expect(growth).toBeLessThan(120e6);
  });
});

/** As the tiny network, with a plain convolution of 4 channels. */
function narrowNetwork(): Model {
  return buildModel(18, (change) => {
    const rng = createRng(9);
    const image = change.addInput('image', {
      kind: 'tensor',
      dtype: 'float32',
      dims: ['batch', 1, 8, 8],
    });
    const weight = change.addConstant('conv', xavierUniform([4, 1, 3, 3], rng.fork('conv')));
    const conv = change.op('Conv', [image, weight], {
      pads: { kind: 'ints', value: [1, 1, 1, 1] },
    });
    const pooled = change.op('MaxPool', [change.op('Relu', [conv])], {
      kernel_shape: { kind: 'ints', value: [2, 2] },
      strides: { kind: 'ints', value: [2, 2] },
    });
    const features = change.op('Flatten', [pooled]);
    const head = change.addConstant('head', xavierUniform([64, 3], rng.fork('head')));
    const bias = change.addConstant('bias', float32Tensor([3], [0, 0, 0]));
    const scores = change.op('Gemm', [features, head, bias]);
    change.rename(scores, 'scores');
    change.addOutput(scores);
  });
}

/** One hidden layer of this many neurons. */
const wideNetwork = (width: number): Model =>
  buildModel(18, (change) => {
    const rng = createRng(9);
    const image = change.addInput('image', {
      kind: 'tensor',
      dtype: 'float32',
      dims: ['batch', 1, 8, 8],
    });
    const hidden = change.op('Gemm', [
      change.op('Flatten', [image]),
      change.addConstant('in', xavierUniform([64, width], rng.fork('in'))),
    ]);
    const out = change.addConstant('out', xavierUniform([width, 3], rng.fork('out')));
    const scores = change.op('Gemm', [change.op('Relu', [hidden]), out]);
    change.rename(scores, 'scores');
    change.addOutput(scores);
  });
