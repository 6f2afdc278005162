import { describe, expect, it } from 'vitest';
import type { Recipe, TrainingReport } from '../../engine/index.ts';
import type { TrainingNow } from '../protocol.ts';
import { loadOnly } from './load-only.ts';
import { memoryTables } from './memory-tables.ts';
import { startTrainingSession, type TrainingSession } from './training-session.ts';
import { createTrainingStore, type TrainingStore } from './training-store.ts';

const recipe: Recipe = {
  version: 1,
  seed: 0,
  steps: [
    { method: 'prune-channels', off: true },
    { method: 'distill' },
    { method: 'quantize-int8' },
    { method: 'recover' },
  ],
};
const keys = [
  { step: 1, active: 0, key: 'distilled' },
  { step: 3, active: 2, key: 'recovered' },
];

interface Desk {
  readonly session: TrainingSession;
  readonly store: TrainingStore;
  readonly posted: TrainingNow[];
  readonly cancel: AbortController;
  clock: { nowMs: number };
}

async function start(
  store = createTrainingStore(memoryTables(), { bytes: 1e6, nowMs: () => 1 }),
): Promise<Desk> {
  const posted: TrainingNow[] = [];
  const cancel = new AbortController();
  const clock = { nowMs: 0 };
  const session = await startTrainingSession({
    recipe,
    keys,
    store,
    signal: cancel.signal,
    nowMs: () => clock.nowMs,
    post: (training) => posted.push(training),
  });
  await session.enter(0);
  return { session, store, posted, cancel, clock };
}

const report = (step: number, phase: TrainingReport['phase'] = 'training'): TrainingReport => ({
  run: 'student',
  phase,
  epoch: 1,
  epochs: 2,
  step,
  steps: 10,
  loss: 1,
  parts: {},
  learningRate: 0.1,
  validation: undefined,
  best: undefined,
  teacher: undefined,
  samplesPerSecond: undefined,
  etaMs: undefined,
});

describe('a training session', () => {
  it('pauses at the gate, and goes on', async () => {
    const { session, posted, clock } = await start();
    const { host } = session;
    expect(await host.gate()).toBe('go-on');
    session.command('pause');
    expect(posted.at(-1)?.state).toBe('pausing');
    clock.nowMs = 1000;
    const held = host.gate();
    await Promise.resolve();
    expect(posted.at(-1)?.state).toBe('paused');
    clock.nowMs = 61_000;
    session.command('go-on');
    expect(await held).toBe('go-on');
    expect(posted.at(-1)?.state).toBe('running');
    expect(host.clock.nowMs(), 'a minute of pause does not count').toBe(1000);
  });

  it('finishes one training, also out of a pause; the next one has a button of its own', async () => {
    const { session } = await start();
    session.command('pause');
    const held = session.host.gate();
    session.command('finish');
    expect(await held).toBe('finish');
    expect(await session.host.gate()).toBe('go-on');
  });

  it('ends the control where the student was ended by hand, and lets it learn as long as one that was not', async () => {
    const control = (step: number): TrainingReport => ({ ...report(step), run: 'control' });
    const { session } = await start();
    session.host.report(report(4, 'done'));
    session.host.report(control(2));
    // Steps 3 and 4; that they are done is not reported.
    expect(await session.host.gate()).toBe('go-on');
    expect(await session.host.gate()).toBe('go-on');
    expect(await session.host.gate()).toBe('finish');

    const whole = (await start()).session;
    whole.host.report(report(10, 'done'));
    whole.host.report(control(9));
    expect(await whole.host.gate()).toBe('go-on');
  });

  it('cancels out of a pause', async () => {
    const { session, cancel } = await start();
    session.command('pause');
    const held = session.host.gate();
    cancel.abort();
    await expect(held).rejects.toMatchObject({ code: 'cancelled' });
    await expect(session.host.gate()).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('posts seldom while a phase lasts, and at once when it changes', async () => {
    const { session, posted } = await start();
    session.host.report(report(1, 'preparing'));
    const first = posted.length;
    for (let step = 2; step < 50; step += 1) session.host.report(report(step, 'preparing'));
    expect(posted).toHaveLength(first);
    session.host.report(report(50));
    expect(posted).toHaveLength(first + 1);
    expect(posted.at(-1)?.log.steps[0]?.student?.report.step).toBe(50);
    session.end();
  });

  it('keeps the curves of each step apart, and notes steps that are done', async () => {
    const { session, store } = await start();
    session.host.report(report(1));
    await session.host.checkpoints?.save('distilled/student', new Uint8Array(3));
    expect((await store.read('distilled'))?.log).toMatchObject({ step: 1, finished: false });
    await session.enter(2);
    session.host.report(report(7));
    await session.host.checkpoints?.save('recovered/student', new Uint8Array(3));
    expect((await store.read('distilled'))?.log?.finished).toBe(true);
    expect((await store.read('recovered'))?.log).toMatchObject({ step: 3, finished: false });
    const log = await session.finish();
    expect(
      log.steps.map(({ step, finished, student }) => [step, finished, student?.report.step]),
    ).toEqual([
      [1, true, 1],
      [3, true, 7],
    ]);
    expect((await store.read('recovered'))?.log?.finished).toBe(true);
  });

  it('shows the curves from before when it is taken up again', async () => {
    const first = await start();
    first.session.host.report(report(4));
    await first.session.host.checkpoints?.save('distilled/student', new Uint8Array(3));
    first.cancel.abort();
    const second = await start(first.store);
    second.session.host.report(report(5));
    expect(second.posted.at(-1)?.log.steps[0]?.student?.loss.map(({ step }) => step)).toEqual([
      4, 5,
    ]);
    second.session.end();
  });
});

describe('taking a finished training from its checkpoint', () => {
  it('loads, and refuses to train', async () => {
    const { session, store } = await start();
    await session.host.checkpoints?.save('distilled/student', new Uint8Array([1, 2]));
    await session.finish();
    const { host, enter } = loadOnly(keys, store);
    await enter(0);
    expect(await host.checkpoints?.load('distilled/student')).toEqual(new Uint8Array([1, 2]));
    await expect(host.gate()).rejects.toMatchObject({ code: 'train/not-trained' });
  });
});
