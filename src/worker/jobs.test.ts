import { describe, expect, it } from 'vitest';
import { EngineError } from '../engine/index.ts';
import { createJobQueue } from './jobs.ts';

/** Work that lasts until the test ends it, and ends at once when aborted. */
function work(log: string[], name: string) {
  let end: () => void = () => undefined;
  const run = (signal: AbortSignal): Promise<string> =>
    new Promise((resolve, reject) => {
      log.push(`start ${name}`);
      end = () => resolve(name);
      signal.addEventListener('abort', () => {
        log.push(`abort ${name}`);
        reject(new Error('stopped'));
      });
    });
  return { run, end: () => end() };
}

const outcome = (promise: Promise<unknown>): Promise<string> =>
  promise.then(String, (error: unknown) =>
    error instanceof EngineError ? error.code : String(error),
  );
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

describe('the job queue', () => {
  it('runs one after another in the order of asking', async () => {
    const log: string[] = [];
    const jobs = createJobQueue(() => undefined);
    const [a, b] = [work(log, 'a'), work(log, 'b')];
    const first = jobs.run(1, 'user', a.run);
    const second = jobs.run(2, 'user', b.run);
    expect(log).toEqual(['start a']);
    a.end();
    expect(await first).toBe('a');
    await settle();
    expect(log).toEqual(['start a', 'start b']);
    b.end();
    expect(await second).toBe('b');
  });

  it('lets user work push background work out at once', async () => {
    const log: string[] = [];
    let killed = 0;
    const jobs = createJobQueue(() => killed++);
    const [sweep, user] = [work(log, 'sweep'), work(log, 'user')];
    const background = outcome(jobs.run(1, 'background', sweep.run));
    const asked = jobs.run(2, 'user', user.run);
    expect(await background).toBe('cancelled');
    await settle();
    expect(log).toEqual(['start sweep', 'abort sweep', 'start user']);
    expect(killed).toBe(1);
    user.end();
    expect(await asked).toBe('user');
  });

  it('tells when the aborted job has ended: what runs then is not to be killed for it', async () => {
    const log: string[] = [];
    let stillRunning = (): boolean => false;
    const jobs = createJobQueue((asked) => {
      stillRunning = asked;
    });
    const [sweep, user] = [work(log, 'sweep'), work(log, 'user')];
    const background = outcome(jobs.run(1, 'background', sweep.run));
    const asked = jobs.run(2, 'user', user.run);
    expect(stillRunning()).toBe(true);
    await background;
    await settle();
    expect(log.at(-1)).toBe('start user');
    expect(stillRunning()).toBe(false);
    user.end();
    await asked;
  });

  it('puts waiting user work ahead of waiting background work', async () => {
    const log: string[] = [];
    const jobs = createJobQueue(() => undefined);
    const [first, sweep, user] = [work(log, 'first'), work(log, 'sweep'), work(log, 'user')];
    void jobs.run(1, 'user', first.run);
    void jobs.run(2, 'background', sweep.run);
    void jobs.run(3, 'user', user.run);
    first.end();
    await settle();
    user.end();
    await settle();
    expect(log).toEqual(['start first', 'start user', 'start sweep']);
    sweep.end();
  });

  it('drops a waiting job and stops a running one on cancel', async () => {
    const log: string[] = [];
    const jobs = createJobQueue(() => undefined);
    const [a, b] = [work(log, 'a'), work(log, 'b')];
    const running = outcome(jobs.run(1, 'user', a.run));
    const waiting = outcome(jobs.run(2, 'user', b.run));
    jobs.cancel(2);
    expect(await waiting).toBe('cancelled');
    jobs.cancel(1);
    expect(await running).toBe('cancelled');
    expect(log).toEqual(['start a', 'abort a']);
  });

  it('goes on after a job that failed', async () => {
    const jobs = createJobQueue(() => undefined);
    expect(await outcome(jobs.run(1, 'user', () => Promise.reject(new Error('broken'))))).toBe(
      'Error: broken',
    );
    expect(await jobs.run(2, 'user', () => Promise.resolve('fine'))).toBe('fine');
  });
});
