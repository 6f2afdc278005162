import type { env as ortEnv, InferenceSession as OrtInferenceSession } from 'onnxruntime-common';
import { EngineError, type Clock } from '../core/index.ts';
import { createSession, type OrtSession } from './direct-session.ts';
import { createFifo } from './fifo.ts';
import type { ProfileSource } from './log-capture.ts';
import { mapOrtError } from './ort-errors.ts';
import { toOrtTensor, type TensorConstructor } from './ort-tensors.ts';
import { parseProfile } from './parse-profile.ts';
import type {
  BackendId,
  Feeds,
  ModelFile,
  ProfiledNode,
  Runtime,
  Session,
  SessionOptions,
} from './port.ts';
import {
  createBudgetMs,
  noWatchdog,
  runBudgetMs,
  withWatchdog,
  type WatchdogHost,
} from './watchdog.ts';

/**
 * The port over an injected ONNX Runtime: onnxruntime-web's wasm build (Node and worker), one of its WebGPU builds (worker),
 * or onnxruntime-node. One execution provider, never a list: with a list ONNX Runtime falls back in silence (platform A7).
 * All calls go through one FIFO.
 */
export interface OrtInstance {
  readonly InferenceSession: typeof OrtInferenceSession;
  readonly Tensor: TensorConstructor;
  readonly env: typeof ortEnv;
}

export interface DirectRuntimeOptions {
  readonly ort: OrtInstance;
  readonly backend: BackendId;
  /** Web builds take it from `ort.env.wasm.numThreads`, which the host sets to the same number before the first session. */
  readonly threads: number;
  readonly clock: Clock;
  readonly coarseClock?: boolean;
  readonly watchdog?: WatchdogHost;
  /** Without it `profile` fails with `runtime/unavailable`. */
  readonly profileSource?: ProfileSource;
}

export function createDirectRuntime(options: DirectRuntimeOptions): Runtime {
  const { ort, backend, threads, clock } = options;
  const watchdog = options.watchdog ?? noWatchdog;
  const fifo = createFifo();
  const sessions = new Set<Session>();
  let disposed = false;

  const load = async (
    file: ModelFile,
    session: SessionOptions,
    more: OrtInferenceSession.SessionOptions,
  ): Promise<OrtSession> => {
    if (disposed)
      throw new EngineError('runtime/dead', {
        where: 'create',
        detail: 'the runtime was disposed',
      });
    const size = modelBytes(file);
    try {
      const created = await withWatchdog(
        `create a session (${size} bytes)`,
        session.budgetMs ?? createBudgetMs(size, file.nodes),
        () =>
          ort.InferenceSession.create(file.bytes, {
            ...ortOptions(backend, threads, file, session),
            ...more,
          }),
        watchdog,
      );
      checkThreads(ort, backend, threads);
      return created;
    } catch (error) {
      throw mapOrtError(error, 'runtime/create-failed', 'create');
    }
  };

  const create = (file: ModelFile, session: SessionOptions = {}): Promise<Session> =>
    fifo(async () => {
      const start = clock.nowMs();
      const inner = await load(file, session, {});
      const made = createSession(
        { inner, createMs: clock.nowMs() - start, Tensor: ort.Tensor, clock, watchdog, fifo },
        () => sessions.delete(made),
      );
      sessions.add(made);
      return made;
    });

  const profile = (
    file: ModelFile,
    feeds: Feeds,
    session: SessionOptions = {},
  ): Promise<ProfiledNode[]> =>
    fifo(async () => {
      const source = options.profileSource;
      if (source === undefined)
        throw new EngineError('runtime/unavailable', {
          where: 'profile',
          detail: 'this host cannot read what ONNX Runtime prints',
        });
      source.begin();
      let lines: readonly string[] = [];
      try {
        const inner = await load(file, session, {
          enableProfiling: true,
          ...source.sessionOptions,
        });
        try {
          await runTwice(inner, feeds);
          inner.endProfiling();
        } finally {
          await inner.release();
        }
      } finally {
        lines = await source.end();
      }
      return parseProfile(lines);
    });

  const runTwice = async (inner: OrtSession, feeds: Feeds): Promise<void> => {
    const tensors = Object.fromEntries(
      Object.entries(feeds).map(([name, tensor]) => [name, toOrtTensor(name, tensor, ort.Tensor)]),
    );
    try {
      for (let i = 0; i < 2; i++)
        await withWatchdog(
          'profile',
          runBudgetMs(1, undefined),
          () => inner.run(tensors),
          watchdog,
        );
    } catch (error) {
      throw mapOrtError(error, 'runtime/run-failed', 'profile');
    }
  };

  return {
    backend,
    threads,
    coarseClock: options.coarseClock ?? false,
    create,
    profile,
    dispose: async () => {
      await Promise.all([...sessions].map((session) => session.release()));
      disposed = true;
    },
  };
}

const providers = { wasm: 'wasm', webgpu: 'webgpu', native: 'cpu' } as const satisfies Record<
  BackendId,
  string
>;

type Provider = OrtInferenceSession.ExecutionProviderConfig;

const providerOf = (backend: BackendId, { onCpu }: SessionOptions): Provider =>
  backend === 'webgpu' && onCpu !== undefined && onCpu.length > 0
    ? { name: 'webgpu', forceCpuNodeNames: onCpu }
    : providers[backend];

function ortOptions(
  backend: BackendId,
  threads: number,
  file: ModelFile,
  session: SessionOptions,
): OrtInferenceSession.SessionOptions {
  return {
    executionProviders: [providerOf(backend, session)],
    graphOptimizationLevel: session.optimization ?? 'all',
    // What ONNX Runtime has to say of a failure is in the error it throws; nothing is printed beside it.
    logSeverityLevel: 4,
    ...(backend === 'native' ? { intraOpNumThreads: threads, interOpNumThreads: 1 } : {}),
    ...(backend === 'webgpu' && session.carried !== undefined && session.carried.length > 0
      ? { preferredOutputLocation: onGpu(session.carried) }
      : {}),
    ...(session.foldDequantize === true ? { extra: { session: { disable_quant_qdq: '1' } } } : {}),
    ...(file.external === undefined
      ? {}
      : { externalData: file.external.map(({ path, bytes }) => ({ path, data: bytes })) }),
  };
}

const onGpu = (outputs: readonly string[]): Record<string, 'gpu-buffer'> =>
  Object.fromEntries(outputs.map((name) => [name, 'gpu-buffer']));

/** ONNX Runtime for the web quietly goes back to one thread where it cannot have more; a number that is shown must be true. */
function checkThreads(ort: OrtInstance, backend: BackendId, threads: number): void {
  const actual = ort.env.wasm.numThreads;
  if (backend === 'native' || actual === undefined || actual === threads) return;
  throw new EngineError('runtime/unavailable', {
    where: 'create',
    detail: `${threads} threads were asked for and ONNX Runtime runs with ${actual}`,
    hint: 'Threads need a cross-origin isolated page',
  });
}

const modelBytes = (file: ModelFile): number =>
  (file.external ?? []).reduce((sum, part) => sum + part.bytes.byteLength, file.bytes.byteLength);
