import { describe, expect, it } from 'vitest';
import { EngineError } from '../engine/index.ts';
import type { FromRuntime, ToRuntime } from './runtime-protocol.ts';
import { RuntimeProxy } from './runtime-proxy.ts';
import { channelWorker } from './testing/channel-worker.ts';

/** A runtime worker that says it is ready and answers calls as the test says. */
function setUp(
  answer: (
    message: Extract<ToRuntime, { kind: 'call' }>,
    post: (message: FromRuntime) => void,
  ) => void,
) {
  const channel = channelWorker();
  const deaths: string[] = [];
  const post = (message: FromRuntime): void => channel.scope.postMessage(message);
  channel.scope.addEventListener('message', (event) => {
    const message = event.data as ToRuntime;
    if (message.kind === 'start') post({ kind: 'ready' });
    else answer(message, post);
  });
  const proxy = new RuntimeProxy({
    backend: 'wasm',
    build: 'wasm',
    threads: 1,
    isolated: true,
    worker: channel.worker,
    onDeath: (reason) => deaths.push(reason),
  });
  return { channel, proxy, deaths };
}

const file = { bytes: new Uint8Array(4) };
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'resolved',
    (error: unknown) => (error instanceof EngineError ? error.code : String(error)),
  );

describe('the proxy of the runtime worker', () => {
  it('makes a session whose calls name it', async () => {
    const asked: unknown[] = [];
    const { proxy, channel } = setUp((message, post) => {
      asked.push([message.name, 'session' in message.body ? message.body.session : undefined]);
      const body =
        message.name === 'create' ? { session: 7, inputs: [], outputs: [], createMs: 3 } : {};
      post({ kind: 'reply', id: message.id, body });
    });
    const session = await proxy.create(file);
    expect(session.createMs).toBe(3);
    await session.run({});
    await session.release();
    expect(asked).toEqual([
      ['create', undefined],
      ['run', 7],
      ['release', 7],
    ]);
    channel.worker.terminate();
  });

  it('speaks of what is carried by its number', async () => {
    const asked: unknown[] = [];
    const sum = { dtype: 'float32', dims: [1], data: new Uint8Array(4) } as const;
    const { proxy, channel } = setUp((message, post) => {
      asked.push([message.name, message.body]);
      const bodies: Partial<Record<typeof message.name, unknown>> = {
        create: { session: 7, inputs: [], outputs: [], createMs: 3 },
        carry: { carried: 3 },
        step: { loss: sum },
        readCarried: { sum },
      };
      post({ kind: 'reply', id: message.id, body: bodies[message.name] ?? null });
    });
    const session = await proxy.create(file, { carried: ['next'] });
    const loop = { pairs: [{ output: 'next', input: 'sum' }], initial: { sum } };
    const run = await session.carry(loop);
    expect(await run.step({ x: sum }, ['loss'])).toEqual({ loss: sum });
    expect(await run.read()).toEqual({ sum });
    await run.write({ sum });
    await run.release();
    expect(asked).toEqual([
      ['create', { file, options: { carried: ['next'] } }],
      ['carry', { session: 7, loop }],
      ['step', { carried: 3, feeds: { x: sum }, fetches: ['loss'] }],
      ['readCarried', { carried: 3 }],
      ['writeCarried', { carried: 3, state: { sum } }],
      ['endCarried', { carried: 3 }],
    ]);
    channel.worker.terminate();
  });

  it('kills a worker that is busy beyond its budget, and says so', async () => {
    const { proxy, channel, deaths } = setUp((_message, post) => {
      post({ kind: 'busy', token: 5, label: 'run', budgetMs: 30 });
    });
    expect(await codeOf(proxy.create(file))).toBe('runtime/hung');
    expect(channel.terminated).toBe(true);
    expect(deaths).toEqual(['hung']);
    expect(proxy.alive).toBe(false);
    expect(await codeOf(proxy.create(file))).toBe('runtime/hung');
  });

  it('lets work that ends in time be', async () => {
    const { proxy, channel, deaths } = setUp((message, post) => {
      post({ kind: 'busy', token: 5, label: 'run', budgetMs: 30 });
      post({ kind: 'idle', token: 5 });
      setTimeout(
        () =>
          post({
            kind: 'reply',
            id: message.id,
            body: { session: 1, inputs: [], outputs: [], createMs: 1 },
          }),
        60,
      );
    });
    expect(await codeOf(proxy.create(file))).toBe('resolved');
    expect(deaths).toEqual([]);
    channel.worker.terminate();
  });

  it('fails everything pending when the worker dies', async () => {
    const { proxy, channel, deaths } = setUp(() => undefined);
    const pending = [codeOf(proxy.create(file)), codeOf(proxy.profile(file, {}))];
    await new Promise((resolve) => setTimeout(resolve, 20));
    channel.crash('RuntimeError: unreachable');
    expect(await Promise.all(pending)).toEqual(['runtime/dead', 'runtime/dead']);
    expect(deaths).toEqual(['died']);
  });

  it('is killed with a reason that everybody waiting hears, and reports no death', async () => {
    const { proxy, deaths } = setUp(() => undefined);
    const pending = codeOf(proxy.create(file));
    proxy.kill(new EngineError('cancelled', { where: 'test', detail: 'cancelled' }));
    expect(await pending).toBe('cancelled');
    expect(deaths).toEqual([]);
  });
});
