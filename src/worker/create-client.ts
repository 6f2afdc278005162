import { EngineError } from '../engine/forms.ts';
import type { CallOptions, ReplacedReason, StudioClient } from './client.ts';
import type { CallName, Calls, FromPage, Request, ToPage } from './protocol.ts';

/**
 * The page's end of the wire. Replies are matched by id; aborting rejects at once on the page and tells the worker, which kills what
 * blocks. The studio worker never blocks for long, so it is asked for a sign of life; when none comes, or it dies, it is
 * replaced, the model, data and settings that the page remembers are opened again, and what was pending fails with `runtime/dead`.
 */
export interface ClientHost {
  spawn(): Worker;
  setInterval(tick: () => void, ms: number): number;
  clearInterval(id: number): void;
  nowMs(): number;
}

/** The studio worker works in slices of some ten ms; decoding a large file may take seconds. */
const silenceLimitMs = 20_000;
const pingEveryMs = 2_000;

/** Calls whose effect lives in the worker: repeated, in this order, when a worker is replaced. */
const remembered = [
  'open-model',
  'open-students',
  'open-data',
  'set-preprocess',
  'configure',
] as const;
type Remembered = (typeof remembered)[number];

interface Pending {
  readonly resolve: (body: unknown) => void;
  readonly reject: (error: EngineError) => void;
  readonly options: CallOptions;
}

export function createClientOver(host: ClientHost): StudioClient {
  const pending = new Map<number, Pending>();
  const listeners = new Set<(reason: ReplacedReason) => void>();
  const memory = new Map<Remembered, Request['body']>();
  let nextId = 1;
  let worker = start();
  let lastHeardMs = host.nowMs();
  let lastTickMs = host.nowMs();
  let disposed = false;

  function start(): Worker {
    const made = host.spawn();
    made.addEventListener('message', (event: MessageEvent<ToPage>) => {
      if (made === worker) receive(event.data);
    });
    const died = (event: Event): void => {
      event.preventDefault();
      if (made === worker) replace('died');
    };
    made.addEventListener('error', died);
    made.addEventListener('messageerror', died);
    return made;
  }

  const timer = host.setInterval(() => {
    const nowMs = host.nowMs();
    // A page that was asleep (hidden tab, closed lid) must not blame the worker for the silence.
    if (nowMs - lastTickMs > 3 * pingEveryMs) lastHeardMs = nowMs;
    lastTickMs = nowMs;
    if (nowMs - lastHeardMs > silenceLimitMs) replace('hung');
    else send({ kind: 'ping', at: nowMs });
  }, pingEveryMs);

  function send(message: FromPage): void {
    worker.postMessage(message);
  }

  function receive(message: ToPage): void {
    lastHeardMs = host.nowMs();
    switch (message.kind) {
      case 'reply':
        return settle(message.id, ({ resolve }) => resolve(message.body));
      case 'failed':
        return settle(message.id, ({ reject }) => reject(EngineError.fromPlain(message.error)));
      case 'progress':
        return pending.get(message.id)?.options.onProgress?.(message.progress);
      case 'evaluated':
        return pending.get(message.id)?.options.onPartial?.(message.evaluation);
      case 'training':
        return pending.get(message.id)?.options.onTraining?.(message.training);
      case 'generated':
        return pending.get(message.id)?.options.onGenerated?.(message.generated);
      case 'runtime-replaced':
        return listeners.forEach((listener) => listener(message.reason));
      case 'pong':
        return;
    }
  }

  function settle(id: number, act: (waiting: Pending) => void): void {
    const waiting = pending.get(id);
    pending.delete(id);
    if (waiting !== undefined) act(waiting);
  }

  function replace(reason: ReplacedReason): void {
    if (disposed) return;
    worker.terminate();
    const lost = [...pending.values()];
    pending.clear();
    worker = start();
    lastHeardMs = host.nowMs();
    for (const name of remembered) {
      const body = memory.get(name);
      if (body !== undefined) reopen(name, body);
    }
    const detail = reason === 'hung' ? 'the worker stopped answering' : 'the worker stopped';
    const hint = 'It was replaced; the model is still here';
    for (const { reject } of lost)
      reject(new EngineError('runtime/dead', { where: 'the studio worker', detail, hint }));
    listeners.forEach((listener) => listener(reason));
  }

  /** A model that cannot be opened again is reported by the next call that needs it. */
  function reopen(name: Remembered, body: Request['body']): void {
    const id = nextId++;
    pending.set(id, { resolve: () => undefined, reject: () => undefined, options: {} });
    send({ kind: 'call', id, name, body } as Request);
  }

  function remember(name: CallName, body: Request['body']): void {
    if (!(remembered as readonly string[]).includes(name)) return;
    if (name === 'open-data') memory.delete('set-preprocess');
    if (name === 'open-model') memory.delete('open-students');
    memory.set(name as Remembered, body);
  }

  function call<Name extends CallName>(
    name: Name,
    body: Calls[Name]['request'],
    options: CallOptions = {},
  ): Promise<Calls[Name]['reply']> {
    const { signal } = options;
    const cancelled = (): EngineError =>
      new EngineError('cancelled', { where: name, detail: 'cancelled' });
    if (signal?.aborted) return Promise.reject(cancelled());
    const id = nextId++;
    return new Promise<unknown>((resolve, reject) => {
      const abort = (): void => {
        settle(id, (lost) => lost.reject(cancelled()));
        send({ kind: 'cancel', id });
      };
      const done = (): void => signal?.removeEventListener('abort', abort);
      pending.set(id, {
        options,
        resolve(reply) {
          done();
          remember(name, body);
          resolve(reply);
        },
        reject(error) {
          done();
          reject(error);
        },
      });
      signal?.addEventListener('abort', abort, { once: true });
      send({ kind: 'call', id, name, body } as Request);
    }) as Promise<Calls[Name]['reply']>;
  }

  return {
    call,
    onReplaced(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    dispose() {
      disposed = true;
      host.clearInterval(timer);
      worker.terminate();
    },
  };
}

/** The client for a real page. Tells the worker when the tab is hidden, since hidden tabs measure wrong. */
export function createStudioClient(): StudioClient {
  const workers: Worker[] = [];
  const tellHidden = (): void => {
    const message: FromPage = { kind: 'hidden', hidden: document.hidden };
    workers.at(-1)?.postMessage(message);
  };
  const client = createClientOver({
    spawn() {
      const worker = new Worker(new URL('./studio.worker.ts', import.meta.url), {
        type: 'module',
        name: 'whittle-studio',
      });
      workers.push(worker);
      queueMicrotask(tellHidden);
      return worker;
    },
    setInterval: (tick, ms) => window.setInterval(tick, ms),
    clearInterval: (id) => window.clearInterval(id),
    nowMs: () => performance.now(),
  });
  document.addEventListener('visibilitychange', tellHidden);
  return client;
}
