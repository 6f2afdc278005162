import {
  createDirectRuntime,
  EngineError,
  type CarriedRun,
  type OrtInstance,
  type PlainError,
  type Runtime,
  type Session,
} from '../engine/index.ts';
import { captureConsole } from './capture-console.ts';
import type {
  FromRuntime,
  RuntimeBuild,
  RuntimeCallName,
  RuntimeCalls,
  ToRuntime,
} from './runtime-protocol.ts';

/**
 * The inside of a runtime worker: holds the sessions and answers calls one after another. It blocks while ONNX Runtime computes;
 * before it may block it tells the supervisor how long that may take (`busy`), so that a hang is seen from outside.
 * One wasm instance for life: another thread count or build needs another worker (platform A2.6).
 */
export interface LoadedRuntime {
  readonly ort: OrtInstance;
  readonly build: RuntimeBuild;
}

type Scope = Pick<DedicatedWorkerGlobalScope, 'postMessage' | 'addEventListener' | 'name'>;

export function startRuntimeHost(scope: Scope, load: (threads: number) => LoadedRuntime): void {
  // Emscripten's threads start from their own script with the extern build; if a bundler ever re-runs this module as a
  // thread, it must not take over the thread's messages (platform A2.1: a silent hang).
  if (scope.name.startsWith('em-pthread')) return;
  const post = (message: FromRuntime, transfer: Transferable[] = []): void =>
    scope.postMessage(message, transfer);
  const profileSource = captureConsole();
  const sessions = new Map<number, Session>();
  const carried = new Map<number, CarriedRun>();
  let runtime: Runtime | undefined;
  let nextSession = 1;
  let nextCarried = 1;
  let nextToken = 1;

  const start = (message: Extract<ToRuntime, { kind: 'start' }>): void => {
    const loaded = load(message.threads);
    runtime = createDirectRuntime({
      ort: loaded.ort,
      backend: loaded.build === 'wasm' ? 'wasm' : 'webgpu',
      threads: message.threads,
      clock: { nowMs: () => performance.now() },
      profileSource,
      coarseClock: !message.isolated,
      watchdog: {
        start(label, budgetMs) {
          const token = nextToken++;
          post({ kind: 'busy', token, label, budgetMs });
          return () => post({ kind: 'idle', token });
        },
      },
    });
    post({ kind: 'ready' });
  };

  const session = (id: number): Session => {
    const found = sessions.get(id);
    if (found === undefined) throw new Error(`no session ${id}`);
    return found;
  };
  const carriedRun = (id: number): CarriedRun => {
    const found = carried.get(id);
    if (found === undefined) throw new Error(`nothing is carried as ${id}`);
    return found;
  };
  const calls: {
    [Name in RuntimeCallName]: (
      body: RuntimeCalls[Name]['request'],
    ) => Promise<RuntimeCalls[Name]['reply']>;
  } = {
    async create({ file, options }) {
      const made = await (runtime as Runtime).create(file, options);
      const id = nextSession++;
      sessions.set(id, made);
      return { session: id, inputs: made.inputs, outputs: made.outputs, createMs: made.createMs };
    },
    run: ({ session: id, feeds, fetches }) => session(id).run(feeds, fetches),
    time: ({ session: id, feeds, samples, runsPerSample }) =>
      session(id).time(feeds, samples, runsPerSample),
    async release({ session: id }) {
      const found = session(id);
      sessions.delete(id);
      await found.release();
      return null;
    },
    async carry({ session: id, loop }) {
      const made = await session(id).carry(loop);
      const number = nextCarried++;
      carried.set(number, made);
      return { carried: number };
    },
    step: ({ carried: id, feeds, fetches }) => carriedRun(id).step(feeds, fetches),
    readCarried: ({ carried: id }) => carriedRun(id).read(),
    async writeCarried({ carried: id, state }) {
      await carriedRun(id).write(state);
      return null;
    },
    async endCarried({ carried: id }) {
      const found = carriedRun(id);
      carried.delete(id);
      await found.release();
      return null;
    },
    profile: ({ file, feeds, options }) => (runtime as Runtime).profile(file, feeds, options),
  };

  scope.addEventListener('message', (event: MessageEvent<ToRuntime>) => {
    const message = event.data;
    if (message.kind === 'start') return start(message);
    const handler = calls[message.name] as (body: unknown) => Promise<unknown>;
    handler(message.body).then(
      (body) => post({ kind: 'reply', id: message.id, body }, transferablesOf(body)),
      (error: unknown) => post({ kind: 'failed', id: message.id, error: plainError(error) }),
    );
  });
}

function plainError(error: unknown): PlainError {
  if (error instanceof EngineError) return error.toPlain();
  const detail = error instanceof Error ? error.message : String(error);
  return new EngineError('runtime/run-failed', { where: 'the runtime worker', detail }).toPlain();
}

/** The buffers of output tensors are handed over, not copied. */
function transferablesOf(body: unknown): Transferable[] {
  const buffers = new Set<ArrayBuffer>();
  if (body === null || typeof body !== 'object') return [];
  for (const value of Object.values(body)) {
    const data = (value as { data?: unknown } | null)?.data;
    if (
      data instanceof Uint8Array &&
      data.buffer instanceof ArrayBuffer &&
      data.byteLength === data.buffer.byteLength
    )
      buffers.add(data.buffer);
  }
  return [...buffers];
}
