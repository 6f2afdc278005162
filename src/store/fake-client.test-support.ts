import { EngineError, type PlainError, type Recipe } from '../engine/forms.ts';
import type { CallOptions, ReplacedReason, StudioClient } from '../worker/client.ts';
import type {
  CallName,
  Calls,
  EvaluateRequest,
  Evaluation,
  GeneratedText,
  GeneratedTexts,
  OpenedData,
  Settings,
  StepPlan,
  TrainingLog,
  TrainingStand,
} from '../worker/protocol.ts';
import type { Scheduler } from './scheduler.ts';
import { fakeEvaluation, fakePlan } from './fake-figures.test-support.ts';
import { fakeLog, fakePicture, fakePredictions, fakeWeights } from './fake-looks.test-support.ts';
import {
  classes,
  fakeModel,
  sampleData,
  syntheticData,
  textData,
} from './fake-sample.test-support.ts';
import { hasTraining, trainedPart } from './training.ts';

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
