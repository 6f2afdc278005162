import {
  EngineError,
  type BackendId,
  type CarriedLoop,
  type CarriedRun,
  type Feeds,
  type ModelFile,
  type ProfiledNode,
  type Runtime,
  type RuntimeTensor,
  type Session,
  type SessionOptions,
  type ValueInfo,
} from '../engine/index.ts';
import type {
  FromRuntime,
  RuntimeBuild,
  RuntimeCallName,
  RuntimeCalls,
  ToRuntime,
} from './runtime-protocol.ts';

/**
 * The Runtime port over a runtime worker that can be killed. A WASM run blocks its worker completely, so neither cancel nor a
 * watchdog can live inside it (platform A7): both live here, and their one means is to terminate the worker. All pending
 * calls are then rejected with the reason, and the proxy is dead for good; runtime-pool.ts makes the next one.
 */
export interface RuntimeProxyOptions {
  readonly backend: Exclude<BackendId, 'native'>;
  readonly build: RuntimeBuild;
  readonly threads: number;
  readonly isolated: boolean;
  readonly worker: Worker;
  /** The worker was killed because it hung or died by itself (not by `kill`). */
  readonly onDeath: (reason: 'hung' | 'died') => void;
}

/** How long a runtime worker may take to load its script and say `ready`. */
const startBudgetMs = 60_000;

export class RuntimeProxy implements Runtime {
  readonly backend: BackendId;
  readonly threads: number;
  readonly coarseClock: boolean;
  readonly #worker: Worker;
  readonly #onDeath: (reason: 'hung' | 'died') => void;
  readonly #pending = new Map<
    number,
    { resolve(body: unknown): void; reject(error: EngineError): void }
  >();
  readonly #timers = new Map<number, ReturnType<typeof setTimeout>>();
  readonly #ready: Promise<void>;
  #nextId = 1;
  #callsDone = 0;
  #dead: EngineError | undefined;
  #markReady: () => void = () => undefined;
  #failReady: (error: EngineError) => void = () => undefined;

  constructor(options: RuntimeProxyOptions) {
    this.backend = options.backend;
    this.threads = options.threads;
    this.coarseClock = !options.isolated;
    this.#worker = options.worker;
    this.#onDeath = options.onDeath;
    this.#ready = new Promise((resolve, reject) => {
      this.#markReady = resolve;
      this.#failReady = reject;
    });
    this.#ready.catch(() => undefined);
    this.#worker.addEventListener('message', (event: MessageEvent<FromRuntime>) =>
      this.#receive(event.data),
    );
    this.#worker.addEventListener('error', (event) =>
      this.#die('died', event.message || 'the worker stopped'),
    );
    this.#worker.addEventListener('messageerror', () =>
      this.#die('died', 'a message could not be read'),
    );
    this.#timers.set(
      0,
      setTimeout(() => this.#die('hung', `not ready after ${startBudgetMs} ms`), startBudgetMs),
    );
    this.#send({
      kind: 'start',
      threads: options.threads,
      build: options.build,
      isolated: options.isolated,
    });
  }

  get alive(): boolean {
    return this.#dead === undefined;
  }

  /** Calls answered so far: a busy proxy whose count stands still is blocked. */
  get callsDone(): number {
    return this.#callsDone;
  }

  get busy(): boolean {
    return this.#pending.size > 0;
  }

  async create(file: ModelFile, options?: SessionOptions): Promise<Session> {
    const made = await this.#call('create', { file, options });
    return new SessionProxy(made, (name, body) => this.#call(name, body));
  }

  profile(file: ModelFile, feeds: Feeds, options?: SessionOptions): Promise<ProfiledNode[]> {
    return this.#call('profile', { file, feeds, options });
  }

  dispose(): Promise<void> {
    this.kill(new EngineError('cancelled', { where: 'the runtime worker', detail: 'ended' }));
    return Promise.resolve();
  }

  /** Terminates the worker at once; everything pending fails with `reason`. */
  kill(reason: EngineError): void {
    if (this.#dead !== undefined) return;
    this.#dead = reason;
    this.#worker.terminate();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#failReady(reason);
    for (const call of this.#pending.values()) call.reject(reason);
    this.#pending.clear();
  }

  #die(reason: 'hung' | 'died', detail: string): void {
    if (this.#dead !== undefined) return;
    const code = reason === 'hung' ? 'runtime/hung' : 'runtime/dead';
    const hint = 'It was replaced; the model is still here';
    this.kill(new EngineError(code, { where: 'the runtime worker', detail, hint }));
    this.#onDeath(reason);
  }

  async #call<Name extends RuntimeCallName>(
    name: Name,
    body: RuntimeCalls[Name]['request'],
  ): Promise<RuntimeCalls[Name]['reply']> {
    await this.#ready;
    if (this.#dead !== undefined) throw this.#dead;
    const id = this.#nextId++;
    return (await new Promise<unknown>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#send({ kind: 'call', id, name, body } as ToRuntime);
    })) as RuntimeCalls[Name]['reply'];
  }

  #send(message: ToRuntime): void {
    this.#worker.postMessage(message);
  }

  #receive(message: FromRuntime): void {
    switch (message.kind) {
      case 'ready':
        this.#stopTimer(0);
        return this.#markReady();
      case 'busy': {
        const detail = `${message.label} took longer than ${Math.round(message.budgetMs / 1000)} s`;
        this.#timers.set(
          message.token,
          setTimeout(() => this.#die('hung', detail), message.budgetMs),
        );
        return;
      }
      case 'idle':
        return this.#stopTimer(message.token);
      case 'reply':
        this.#callsDone++;
        this.#pending.get(message.id)?.resolve(message.body);
        this.#pending.delete(message.id);
        return;
      case 'failed':
        this.#callsDone++;
        this.#pending.get(message.id)?.reject(EngineError.fromPlain(message.error));
        this.#pending.delete(message.id);
        return;
    }
  }

  #stopTimer(token: number): void {
    clearTimeout(this.#timers.get(token));
    this.#timers.delete(token);
  }
}

type Call = <Name extends RuntimeCallName>(
  name: Name,
  body: RuntimeCalls[Name]['request'],
) => Promise<RuntimeCalls[Name]['reply']>;

class SessionProxy implements Session {
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly createMs: number;
  readonly #id: number;
  readonly #call: Call;

  constructor(made: RuntimeCalls['create']['reply'], call: Call) {
    this.#id = made.session;
    this.inputs = made.inputs;
    this.outputs = made.outputs;
    this.createMs = made.createMs;
    this.#call = call;
  }

  run(feeds: Feeds, fetches?: readonly string[]): Promise<Record<string, RuntimeTensor>> {
    return this.#call('run', { session: this.#id, feeds, fetches });
  }

  async carry(loop: CarriedLoop): Promise<CarriedRun> {
    const { carried } = await this.#call('carry', { session: this.#id, loop });
    return carriedRunProxy(carried, this.#call);
  }

  time(feeds: Feeds, samples: number, runsPerSample: number): Promise<Float64Array> {
    return this.#call('time', { session: this.#id, feeds, samples, runsPerSample });
  }

  async release(): Promise<void> {
    await this.#call('release', { session: this.#id });
  }
}

/** What is carried stays in the runtime worker: only a step's own feeds and the outputs it is asked for cross the border (copied). */
const carriedRunProxy = (carried: number, call: Call): CarriedRun => ({
  step: (feeds, fetches) => call('step', { carried, feeds, fetches }),
  read: () => call('readCarried', { carried }),
  write: async (state) => {
    await call('writeCarried', { carried, state });
  },
  release: async () => {
    await call('endCarried', { carried });
  },
});
