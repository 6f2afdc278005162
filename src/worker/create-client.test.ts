import { afterEach, describe, expect, it } from 'vitest';
import { EngineError } from '../engine/index.ts';
import { createClientOver } from './create-client.ts';
import type { FromPage, ToPage } from './protocol.ts';
import { channelWorker, type ChannelWorker } from './testing/channel-worker.ts';

/** A client over channels, with a clock that only the test moves, and a worker that answers as the test says. */
function setUp(answer: (message: FromPage, reply: (message: ToPage) => void) => void) {
  const workers: ChannelWorker[] = [];
  const received: FromPage[][] = [];
  let tick: () => void = () => undefined;
  let nowMs = 0;
  const client = createClientOver({
    spawn() {
      const made = channelWorker();
      const heard: FromPage[] = [];
      workers.push(made);
      received.push(heard);
      made.scope.addEventListener('message', (event) => {
        const message = event.data as FromPage;
        heard.push(message);
        answer(message, (reply) => made.scope.postMessage(reply));
      });
      return made.worker;
    },
    setInterval(run) {
      tick = run;
      return 1;
    },
    clearInterval: () => undefined,
    nowMs: () => nowMs,
  });
  const pass = (ms: number): void => {
    nowMs += ms;
    tick();
  };
  return { client, workers, received, pass };
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));
const settings = { backend: 'wasm', threads: 2, samples: 10, dims: {} } as const;
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'resolved',
    (error: unknown) => (error instanceof EngineError ? error.code : String(error)),
  );

let disposeLast: () => void = () => undefined;
afterEach(() => disposeLast());
const track = <T extends ReturnType<typeof setUp>>(made: T): T => {
  disposeLast = () => {
    made.client.dispose();
    for (const { worker } of made.workers) worker.terminate();
  };
  return made;
};

describe('the client of the studio worker', () => {
  it('hands on what is written so far, to the call that asked for it and to no other', async () => {
    const written = (text: string) => ({ text, tokens: 1, tokensPerSecond: 9 });
    const { client } = track(
      setUp((message, reply) => {
        if (message.kind !== 'call') return;
        const { id } = message;
        const texts = { original: written('a'), variant: written('b') };
        if (message.name === 'generate') reply({ kind: 'generated', id, generated: texts });
        reply({ kind: 'reply', id, body: texts });
      }),
    );
    const heard: string[] = [];
    const asked = {
      variant: 'original',
      prompt: 'The',
      tokens: 1,
      sampling: { kind: 'greedy' },
    } as const;
    await Promise.all([
      client.call('generate', asked, {
        onGenerated: ({ original, variant }) => heard.push(original.text, variant?.text ?? ''),
      }),
      client.call('configure', settings, { onGenerated: () => heard.push('not mine') }),
    ]);
    expect(heard).toEqual(['a', 'b']);
  });

  it('matches replies by id, in whatever order they come', async () => {
    const held: (() => void)[] = [];
    const { client } = track(
      setUp((message, reply) => {
        if (message.kind === 'call')
          held.push(() => reply({ kind: 'reply', id: message.id, body: message.body }));
      }),
    );
    const first = client.call('configure', { ...settings, samples: 1 });
    const second = client.call('configure', { ...settings, samples: 2 });
    await settle();
    held.toReversed().forEach((answer) => answer());
    expect((await first).samples).toBe(1);
    expect((await second).samples).toBe(2);
  });

  it('carries typed errors over the border', async () => {
    const error = {
      code: 'onnx/truncated',
      where: 'graph',
      detail: 'ends early',
      hint: null,
    } as const;
    const { client } = track(
      setUp((message, reply) => {
        if (message.kind === 'call') reply({ kind: 'failed', id: message.id, error });
      }),
    );
    await expect(client.call('configure', settings)).rejects.toMatchObject({
      code: 'onnx/truncated',
      where: 'graph',
      detail: 'ends early',
    });
  });

  it('answers an abort at once, tells the worker, and drops the late reply', async () => {
    let late: () => void = () => undefined;
    const { client, received } = track(
      setUp((message, reply) => {
        if (message.kind === 'call')
          late = () => reply({ kind: 'reply', id: message.id, body: settings });
      }),
    );
    const controller = new AbortController();
    const call = codeOf(client.call('configure', settings, { signal: controller.signal }));
    await settle();
    controller.abort();
    expect(await call).toBe('cancelled');
    await settle();
    expect(received[0]?.map((message) => message.kind)).toEqual(['call', 'cancel']);
    late();
    await settle();
  });

  it('replaces a worker that died, opens again what was open, and fails what was pending', async () => {
    const file = new File(['x'], 'a.onnx');
    const { client, workers, received } = track(
      setUp((message, reply) => {
        if (message.kind === 'call' && message.name !== 'evaluate')
          reply({ kind: 'reply', id: message.id, body: {} });
      }),
    );
    await client.call('open-model', { files: [file] });
    await client.call('configure', settings);
    const reasons: string[] = [];
    client.onReplaced((reason) => reasons.push(reason));
    const pending = codeOf(
      client.call('evaluate', {
        recipe: { version: 1, seed: 0, steps: [] },
        wanted: [],
        quick: true,
        priority: 'user',
      }),
    );
    await settle();
    workers[0]?.crash('unreachable');
    expect(await pending).toBe('runtime/dead');
    expect(reasons).toEqual(['died']);
    await settle();
    expect(workers[0]?.terminated).toBe(true);
    const again = received[1]?.map((message) =>
      message.kind === 'call' ? message.name : message.kind,
    );
    expect(again).toEqual(['open-model', 'configure']);
    await client.call('configure', settings);
  });

  it('takes a silent worker for hung, but not a page that slept', async () => {
    const { client, workers, pass } = track(setUp(() => undefined));
    const pending = codeOf(client.call('configure', settings));
    pass(100_000);
    expect(workers).toHaveLength(1);
    for (let i = 0; i < 12; i++) pass(2_000);
    expect(workers).toHaveLength(2);
    expect(await pending).toBe('runtime/dead');
  });

  it('hears a worker that answers pings', async () => {
    const { workers, pass } = track(
      setUp((message, reply) => {
        if (message.kind === 'ping') reply({ kind: 'pong', at: message.at });
      }),
    );
    for (let i = 0; i < 15; i++) {
      pass(2_000);
      await settle();
    }
    expect(workers).toHaveLength(1);
  });
});
