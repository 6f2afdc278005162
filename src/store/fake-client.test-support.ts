import {
  activeSteps,
  EngineError,
  recipeKey,
  type PlainError,
  type Recipe,
} from '../engine/forms.ts';
import type { CallOptions, ReplacedReason, StudioClient } from '../worker/client.ts';
import type {
  CallName,
  Calls,
  EvaluateRequest,
  Evaluation,
  GeneratedText,
  GeneratedTexts,
  OpenedData,
  OpenedModel,
  PredictionsReply,
  RecipePlan,
  Settings,
  StepPlan,
  TrainingLog,
  TrainingStand,
} from '../worker/protocol.ts';
import type { Scheduler } from './scheduler.ts';
import { hasTraining, trainedPart, trains } from './training.ts';

/**
 * A worker that answers without an engine: plausible numbers from simple formulas, after plausible times, on an injected clock. For
 * tests of the store and for looking at the page. Every call is noted; a test may hold one back, fail it, or kill the worker.
 */
export interface FakeClient extends StudioClient {
  readonly calls: readonly FakeCall[];
  /** The next call of this name fails with the error. */
  readonly failNext: (name: CallName, error: PlainError) => void;
  readonly replace: (reason: ReplacedReason) => void;
  /** Until the original is evaluated next, plans of `prune-channels` wait for the model's shapes. */
  readonly waitForShapes: () => void;
}

export interface FakeCall {
  readonly name: CallName;
  readonly body: Calls[CallName]['request'];
  state: 'running' | 'done' | 'aborted' | 'failed';
}

export interface FakeTimes {
  readonly openMs: number;
  readonly planMs: number;
  readonly evaluateMs: number;
}

const params = 201_482;
const macs = 31_200_000;
const bytes = 812_400;
const classes = [
  'T-shirt',
  'Trouser',
  'Pullover',
  'Dress',
  'Coat',
  'Sandal',
  'Shirt',
  'Sneaker',
  'Bag',
  'Boot',
];

export function createFakeClient(
  scheduler: Scheduler,
  times: FakeTimes = { openMs: 300, planMs: 15, evaluateMs: 700 },
): FakeClient {
  const calls: FakeCall[] = [];
  let shapesKnown = true;
  const trained = new Map<string, TrainingLog>();
  let steering: { paused: boolean; finish: boolean } | undefined;
  const failures = new Map<CallName, PlainError>();
  const listeners = new Set<(reason: ReplacedReason) => void>();
  let settings: Settings = { backend: 'wasm', threads: 2, samples: 1000, dims: {} };
  let data: OpenedData = syntheticData;

  const wait = (ms: number, signal: AbortSignal | undefined): Promise<void> =>
    new Promise((resolve, reject) => {
      const callOff = scheduler.after(ms, () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      });
      const abort = (): void => {
        callOff();
        reject(new EngineError('cancelled', { where: 'fake', detail: 'cancelled' }));
      };
      if (signal?.aborted === true) abort();
      signal?.addEventListener('abort', abort, { once: true });
    });

  const evaluate = async (request: EvaluateRequest, options: CallOptions): Promise<Evaluation> => {
    const { recipe, wanted, quick } = request;
    const slices = 10;
    const total = quick ? times.evaluateMs : times.evaluateMs * 3;
    for (let done = 0; done < slices; done += 1) {
      options.onProgress?.({
        phase: done < 5 ? 'measuring-accuracy' : 'measuring-latency',
        done: (done % 5) * 6,
        total: 30,
      });
      if (done === 5)
        options.onPartial?.(fakeEvaluation(recipe, ['accuracy'], settings, data, true));
      await wait(total / slices, options.signal);
    }
    return fakeEvaluation(recipe, wanted, settings, data, quick);
  };

  const standOf = (recipe: Recipe): TrainingStand => {
    if (!hasTraining(recipe)) return 'none';
    const log = trained.get(trainedPart(recipe));
    if (log === undefined) return 'needed';
    return log.steps.every(({ finished }) => finished) ? 'trained' : 'started';
  };

  const handlers: {
    [Name in CallName]: (
      body: Calls[Name]['request'],
      options: CallOptions,
    ) => Promise<Calls[Name]['reply']>;
  } = {
    async 'open-model'({ files }, options) {
      for (let done = 0; done < 4; done += 1) {
        options.onProgress?.({ phase: 'reading', done, total: 4 });
        await wait(times.openMs / 4, options.signal);
      }
      const names = files.map((file) => file.name);
      if (names.includes('parted.onnx') && !names.includes('weights.bin'))
        return { missingFiles: ['weights.bin'] };
      return { ...fakeModel, name: files[0]?.name ?? 'model.onnx' };
    },
    async 'open-students'({ students }, options) {
      await wait(times.planMs, options.signal);
      return {
        students: students.map(([file]) => ({
          file: file?.name ?? '',
          sha256: fakeHash(file?.name ?? ''),
        })),
      };
    },
    async 'open-data'(source, options) {
      await wait(times.openMs / 4, options.signal);
      const isText =
        source.kind === 'files' && source.files.some(({ name }) => name.endsWith('.txt'));
      data = source.kind === 'synthetic' ? syntheticData : isText ? textData : sampleData;
      return data;
    },
    async 'set-preprocess'({ preprocess }, options) {
      await wait(times.planMs, options.signal);
      data = { ...data, guess: { ...data.guess, preprocess } };
      return data;
    },
    async configure(next, options) {
      await wait(times.planMs, options.signal);
      settings = next;
      return settings;
    },
    async plan({ recipe }, options) {
      await wait(times.planMs, options.signal);
      const planned = { ...fakePlan(recipe), training: standOf(recipe) };
      if (shapesKnown) return planned;
      const steps = recipe.steps.map(
        (step, i): StepPlan =>
          step.method === 'prune-channels'
            ? { kind: 'waiting' }
            : (planned.steps[i] ?? { kind: 'off' }),
      );
      return { ...planned, steps };
    },
    async evaluate(request, options) {
      const stand = standOf(request.recipe);
      if (stand === 'needed' || stand === 'started')
        throw new EngineError('train/not-trained', { where: 'fake', detail: 'not trained' });
      const evaluation = await evaluate(request, options);
      shapesKnown = true;
      return evaluation;
    },
    async train({ recipe }, options) {
      const mine = { paused: false, finish: false };
      steering = mine;
      const key = trainedPart(recipe);
      const epochs = 5;
      const perEpoch = 20;
      const begun = trained.get(key);
      const from = begun?.steps[0]?.student?.report.step ?? 0;
      for (let step = from + 1; step <= epochs * perEpoch && !mine.finish; step += 1) {
        do {
          await wait(times.evaluateMs / 20, options.signal);
          const log = trained.get(key);
          if (mine.paused && log !== undefined)
            options.onTraining?.({ state: 'paused', log, unsaved: false });
        } while (mine.paused);
        const log = fakeLog(recipe, step, epochs, perEpoch, false);
        trained.set(key, log);
        options.onTraining?.({ state: 'running', log, unsaved: false });
        options.onProgress?.({ phase: 'training', done: step, total: epochs * perEpoch });
      }
      const log = fakeLog(recipe, epochs * perEpoch, epochs, perEpoch, true);
      trained.set(key, log);
      return log;
    },
    async 'steer-training'({ command }, options) {
      await wait(1, options.signal);
      if (steering !== undefined && command === 'finish') steering.finish = true;
      if (steering !== undefined) steering.paused = command === 'pause';
      return {};
    },
    async 'training-log'({ recipe }, options) {
      await wait(1, options.signal);
      return trained.get(trainedPart(recipe)) ?? { steps: [] };
    },
    async 'forget-training'({ recipe }, options) {
      await wait(1, options.signal);
      trained.delete(trainedPart(recipe));
      return {};
    },
    async 'soft-labels'({ count }, options) {
      await wait(times.planMs, options.signal);
      return {
        rows: Array.from({ length: count }, (_, index) => ({
          index: index * 7,
          image: fakePicture(index),
          label: index % 10,
          logits: Float32Array.from(classes, (_name, i) =>
            i === index % 10 ? 4 + index : ((i * 7 + index * 3) % 11) / 3,
          ),
        })),
      };
    },
    async layers(_, options) {
      await wait(times.evaluateMs / 2, options.signal);
      return { original: [], variant: [], remainder: { original: undefined, variant: undefined } };
    },
    async weights({ weight }, options) {
      await wait(times.planMs, options.signal);
      return fakeWeights(weight);
    },
    async predictions({ variant, count }, options) {
      await wait(times.planMs * 4, options.signal);
      return fakePredictions(variant, count);
    },
    async generate({ variant, tokens }, options) {
      const written = (count: number, word: string): GeneratedText => ({
        text: ` ${word}`.repeat(count),
        tokens: count,
        tokensPerSecond: count === 0 ? undefined : 100,
      });
      const texts = (count: number): GeneratedTexts => ({
        original: written(count, 'sea'),
        variant: variant === 'original' ? undefined : written(count, 'see'),
      });
      for (let count = 1; count <= tokens; count += 1) {
        await wait(times.planMs, options.signal);
        options.onGenerated?.(texts(count));
        options.onProgress?.({ phase: 'generating', done: count, total: tokens });
      }
      return texts(tokens);
    },
    async export(_, options) {
      for (let done = 0; done < 5; done += 1) {
        options.onProgress?.({ phase: done < 2 ? 'writing' : 'verifying', done, total: 5 });
        await wait(times.evaluateMs / 5, options.signal);
      }
      const blob = new Blob([new Uint8Array(1024)]);
      return {
        files: [{ name: 'fashion.whittled.onnx', blob }],
        verified: {
          maxAbsDifference: 0,
          samples: 64,
          bytes: 131_072,
          sha256: 'b5d4045c3f466fa91fe2cc6abe79232a1a57cdf104f7a26e716e0a1e2789df78',
        },
      };
    },
    async device(_, options) {
      await wait(times.planMs, options.signal);
      return {
        cores: 8,
        maxThreads: 8,
        isolated: true,
        webgpu: { available: false, adapter: '', software: false, float16: false },
        jspi: true,
      };
    },
  };

  return {
    calls,
    async call(name, body, options = {}) {
      const noted: FakeCall = { name, body, state: 'running' };
      calls.push(noted);
      try {
        const failure = failures.get(name);
        failures.delete(name);
        if (failure !== undefined) throw EngineError.fromPlain(failure);
        const reply = await handlers[name](body, options);
        noted.state = 'done';
        // Over the real wire everything is a copy: nothing may be recognised by identity.
        return structuredClone(reply);
      } catch (error) {
        noted.state =
          error instanceof EngineError && error.code === 'cancelled' ? 'aborted' : 'failed';
        throw error;
      }
    },
    onReplaced(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    dispose: () => listeners.clear(),
    failNext: (name, error) => failures.set(name, error),
    waitForShapes: () => void (shapesKnown = false),
    replace: (reason) => {
      for (const listener of listeners) listener(reason);
    },
  };
}

/** The same for the same name, and of the form of a SHA-256. */
export const fakeHash = (name: string): string =>
  Array.from(new TextEncoder().encode(name), (byte) => byte.toString(16).padStart(2, '0'))
    .join('')
    .padEnd(64, '0')
    .slice(0, 64);

// --- formulas

interface FakeFigures {
  readonly size: number;
  readonly nonzero: number;
  readonly params: number;
  readonly macs: number;
  readonly accuracy: number;
  readonly latencyMs: number;
}

export function fakeFigures(recipe: Recipe): FakeFigures {
  let size = bytes;
  let kept = 1;
  let dense = 1;
  let loss = 0;
  let latencyMs = 4.1;
  for (const step of activeSteps(recipe)) {
    const ratio = typeof step['ratio'] === 'number' ? step['ratio'] : 0;
    if (step.method === 'prune-weights') {
      kept *= 1 - ratio;
      loss += 0.5 * ratio ** 6;
    }
    if (step.method === 'prune-channels') {
      dense *= 1 - ratio;
      loss += 0.6 * ratio ** 2.5;
      latencyMs *= 1 - 0.8 * ratio;
    }
    const bits =
      step.method === 'quantize-float16'
        ? 16
        : step.method === 'quantize-int8'
          ? 8
          : Number(step['bits'] ?? 32);
    if (step.method.startsWith('quantize-')) {
      size *= (bits + 0.5) / 32;
      loss += 0.35 * 2 ** (-1.6 * (bits - 1));
      if (step.method === 'quantize-int8') latencyMs *= 0.55;
    }
  }
  return {
    size: Math.round(size * dense),
    nonzero: Math.round(params * kept * dense),
    params: Math.round(params * dense),
    macs: Math.round(macs * dense),
    accuracy: Math.max(0.1, 0.921 - loss),
    latencyMs,
  };
}

function fakeEvaluation(
  recipe: Recipe,
  wanted: EvaluateRequest['wanted'],
  settings: Settings,
  data: OpenedData,
  quick: boolean,
): Evaluation {
  const figures = fakeFigures(recipe);
  const half = 1.96 * Math.sqrt((figures.accuracy * (1 - figures.accuracy)) / settings.samples);
  const speedup = 4.1 / figures.latencyMs;
  const has = (what: EvaluateRequest['wanted'][number]): boolean => wanted.includes(what);
  const pruned = activeSteps(recipe).some((step) => step.method === 'prune-weights');
  return {
    variant: `variant:${recipeKey(recipe)}`,
    recipe,
    hash: recipeKey(recipe),
    settings,
    dataset: data.name,
    steps: fakePlan(recipe).steps,
    measurements: {
      size: {
        sizeBytes: figures.size,
        gzipBytes: has('gzip') ? Math.round(figures.size * 0.9) : undefined,
        params: figures.params,
        nonzeroParams: figures.nonzero,
        macs: figures.macs,
      },
      latency: has('latency')
        ? {
            backend: settings.backend,
            threads: settings.threads,
            createMs: 31,
            firstRunMs: figures.latencyMs * 2,
            coldMs: 31 + figures.latencyMs * 2,
            p50Ms: figures.latencyMs,
            p95Ms: figures.latencyMs * 1.2,
            iqrMs: figures.latencyMs * 0.06,
            runs: quick ? 12 : 60,
            speedup,
            speedupLow: speedup * 0.97,
            speedupHigh: speedup * 1.03,
            noise: quick ? 0.03 : 0.012,
            drift: 1.01,
            caveats: quick ? ['few-runs'] : [],
          }
        : undefined,
      accuracy:
        has('accuracy') && data.labelled
          ? {
              metric: 'top1',
              value: figures.accuracy,
              low: figures.accuracy - half,
              high: figures.accuracy + half,
              samples: settings.samples,
            }
          : undefined,
      top5: undefined,
      fidelity:
        has('accuracy') && !data.labelled
          ? {
              top1Agreement: figures.accuracy / 0.921,
              sqnrDb: 31.2,
              maxAbsError: 0.0213,
              samples: settings.samples,
              inputs: 'synthetic',
            }
          : undefined,
      verdicts:
        has('profile') && pruned
          ? [{ code: 'zeros-not-faster', data: { percent: 50 }, message: 'zeros are not faster' }]
          : [],
    },
  };
}

export function fakePlan(recipe: Recipe): RecipePlan {
  const figures = fakeFigures(recipe);
  return {
    recipe,
    predicted: {
      sizeBytes: figures.size,
      params: figures.params,
      nonzeroParams: figures.nonzero,
      macs: figures.macs,
    },
    steps: recipe.steps.map(fakeStep),
    training: 'none',
  };
}

/** A loss that falls and a score that rises, both by formula; the control stays a little behind. */
function fakeLog(
  recipe: Recipe,
  step: number,
  epochs: number,
  perEpoch: number,
  finished: boolean,
): TrainingLog {
  const scoreAt = (epoch: number, top: number) =>
    ({
      epoch,
      step: epoch * perEpoch,
      metric: 'accuracy',
      value: top - 0.3 * Math.exp(-epoch),
      loss: 0.3 + Math.exp(-epoch),
      samples: 2000,
    }) as const;
  const curves = (run: 'student' | 'control', top: number) => {
    const epoch = Math.ceil(step / perEpoch);
    const done = Math.floor(step / perEpoch);
    const validation = Array.from({ length: done }, (_, i) => scoreAt(i + 1, top));
    return {
      report: {
        run,
        phase: finished ? ('done' as const) : ('training' as const),
        epoch,
        epochs,
        step,
        steps: epochs * perEpoch,
        loss: 0.2 + Math.exp(-step / 30),
        parts: { soft: 0.1 + Math.exp(-step / 30), hard: 0.1 },
        learningRate: 0.001,
        validation: validation.at(-1),
        best: validation.at(-1),
        teacher: 0.921,
        samplesPerSecond: 812,
        etaMs: (epochs * perEpoch - step) * 35,
      },
      loss: Array.from({ length: step }, (_, i) => ({
        step: i + 1,
        value: 0.2 + Math.exp(-(i + 1) / 30) + 0.02 * Math.sin(i * 1.7),
      })),
      validation,
    };
  };
  return {
    steps: recipe.steps.flatMap(({ method, off, ...options }, index) =>
      off === true || !trains(method)
        ? []
        : [
            {
              step: index,
              method,
              finished,
              student: curves('student', 0.91),
              control: options['control'] === true ? curves('control', 0.88) : undefined,
            },
          ],
    ),
  };
}

function fakeStep(step: Recipe['steps'][number]): StepPlan {
  if (step.off === true) return { kind: 'off' };
  const ratio = typeof step['ratio'] === 'number' ? step['ratio'] : 0;
  const skipped = [
    {
      name: '/features/0/conv',
      opType: 'Conv',
      reason: 'depthwise: its channels are tied to its input',
    },
  ];
  switch (step.method) {
    case 'prune-channels':
      if (ratio > 0.9)
        return {
          kind: 'refused',
          error: {
            code: 'method/refused',
            where: '/features/3/conv',
            detail: 'no channel would be left',
            hint: null,
          },
        };
      return {
        kind: 'planned',
        skipped,
        summary: { removed: Math.round(1376 * ratio), channels: 1376, layers: 12, cutLayers: 9 },
      };
    case 'prune-weights':
      return {
        kind: 'planned',
        skipped: [],
        summary: {
          zeroWeights: Math.round(params * ratio),
          weights: params,
          newZeros: 1,
          layers: 21,
        },
      };
    case 'quantize-int8':
      return {
        kind: 'planned',
        skipped,
        summary: { mode: String(step['mode']), layers: 20, weights: params, fused: 18, skipped: 1 },
      };
    case 'quantize-weights':
      return {
        kind: 'planned',
        skipped: [],
        summary: { bits: Number(step['bits']), layers: 20, weights: params, storedBits: 4.5 },
      };
    default:
      return { kind: 'planned', skipped: [], summary: { tensors: 42, savedBytes: bytes / 2 } };
  }
}

const fakeModel: OpenedModel = {
  name: 'fashion.onnx',
  id: '7d865e959b2466a8',
  dims: { batch: 1 },
  weights: [
    { name: 'stage3.conv2.weight', count: 36_864, node: '/stage3/conv2' },
    { name: 'stage2.conv1.weight', count: 18_432, node: '/stage2/conv1' },
  ],
  summary: {
    sizeBytes: bytes,
    params,
    irVersion: 10,
    producer: 'whittle 0.1.0',
    opsets: { '': 21 },
    inputs: [{ name: 'image', type: 'float32', dims: ['batch', 1, 28, 28] }],
    outputs: [{ name: 'logits', type: 'float32', dims: ['batch', 10] }],
    nodes: 64,
    nodesInSubgraphs: 0,
    operators: [
      { opType: 'Conv', domain: '', count: 21 },
      { opType: 'Relu', domain: '', count: 19 },
      { opType: 'Add', domain: '', count: 9 },
      { opType: 'Gemm', domain: '', count: 1 },
    ],
    dtypes: [
      { dtype: 'float32', tensors: 44, bytes: 805_928 },
      { dtype: 'int64', tensors: 2, bytes: 16 },
    ],
    weightBytes: 805_944,
    functions: [],
    customOperators: [],
    externalFiles: [],
  },
};

const preprocess = {
  layout: 'NCHW',
  size: [28, 28],
  resize: 'none',
  channels: 'GRAY',
  range: [0, 1],
  mean: [0],
  std: [1],
  classOffset: 0,
} as const;

const syntheticData: OpenedData = {
  name: 'synthetic',
  kind: 'synthetic',
  count: 256,
  labelled: false,
  classes: undefined,
  guess: { preprocess, reasons: [] },
  split: { measure: 256, calibration: 64 },
};

const sampleData: OpenedData = {
  name: 'fashion',
  kind: 'images',
  count: 12_000,
  labelled: true,
  classes,
  guess: {
    preprocess,
    reasons: ['Channels first: the input [batch, 1, 28, 28] has 1 on its second axis.'],
  },
  split: { measure: 2000, calibration: 128 },
};

const textData: OpenedData = {
  ...syntheticData,
  name: 'sea.txt',
  kind: 'text',
  text: {
    task: 'language-model',
    tokenizer: 'tokenizer.json',
    vocabulary: 512,
    length: 64,
    dims: { sequence: 64 },
    example: 'The sea',
  },
};

function fakeWeights(weight: string): Calls['weights']['reply'] {
  const bins = 64;
  const edges = Float32Array.from({ length: bins + 1 }, (_, i) => -0.5 + i / bins);
  const before = Uint32Array.from({ length: bins }, (_, i) =>
    Math.round(900 * Math.exp(-(((i - 31.5) / 12) ** 2))),
  );
  const after = before.map((count, i) => (Math.abs(i - 31.5) < 8 ? 0 : count));
  return {
    weight,
    dims: [64, 64, 3, 3],
    count: 36_864,
    edges,
    before,
    after,
    threshold: 0.125,
    grid: undefined,
    zeros: { before: 12, after: 18_000 },
  };
}

function fakePredictions(variant: string, count: number): PredictionsReply {
  const original = variant === `variant:${recipeKey({ version: 1, seed: 0, steps: [] })}`;
  const disagreements = original ? 0 : 37;
  const rows = Array.from({ length: count }, (_, index) => {
    const label = (index * 7) % 10;
    const other = (label + 3) % 10;
    const before = [
      { index: label, score: 0.62 },
      { index: other, score: 0.3 },
    ];
    const flipped = index < disagreements;
    const after = flipped
      ? [
          { index: other, score: 0.51 },
          { index: label, score: 0.42 },
        ]
      : before;
    return { index: index * 13, image: fakePicture(index), label, before, after };
  });
  return {
    rows,
    total: 1000,
    disagreements,
    perClass: classes.map((_, index) => ({
      index,
      samples: 100,
      before: 92,
      after: 92 - ((index * 3) % 7),
    })),
  };
}

function fakePicture(seed: number): NonNullable<PredictionsReply['rows'][number]['image']> {
  const side = 28;
  const rgba = new Uint8ClampedArray(side * side * 4);
  for (let i = 0; i < side * side; i += 1) {
    const x = (i % side) - 14;
    const y = Math.floor(i / side) - 14;
    const inside = Math.abs(x) * (1 + (seed % 3)) + Math.abs(y) < 12;
    rgba.fill(inside ? 200 - ((x * y + seed * 17) % 60) : 16, i * 4, i * 4 + 3);
    rgba[i * 4 + 3] = 255;
  }
  return { width: side, height: side, rgba };
}
