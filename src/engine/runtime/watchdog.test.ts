import { expect, it } from 'vitest';
import { createNodeRuntime } from '../../cli/node-runtime.ts';
import { buildModel } from '../graph/index.ts';
import { toModelFile } from '../onnx/index.ts';
import { createBudgetMs, runBudgetMs, withWatchdog, type WatchdogHost } from './watchdog.ts';

function recordingHost(): { host: WatchdogHost; log: string[] } {
  const log: string[] = [];
  return {
    log,
    host: {
      start(label, budgetMs) {
        log.push(`${label} ${budgetMs}`);
        return () => log.push('finished');
      },
    },
  };
}

it('tells its host when work begins and when it is over, also when it fails', async () => {
  const { host, log } = recordingHost();
  expect(await withWatchdog('good', 5, () => Promise.resolve(7), host)).toBe(7);
  await expect(withWatchdog('bad', 6, () => Promise.reject(new Error('no')), host)).rejects.toThrow(
    'no',
  );
  expect(log).toEqual(['good 5', 'finished', 'bad 6', 'finished']);
});

it('allows 10 s, 5 s per 100 MB and 1 ms per node for creation, and 20 times what was measured for a run', () => {
  expect(createBudgetMs(1)).toBe(15_000);
  expect(createBudgetMs(4e8)).toBe(30_000);
  expect(createBudgetMs(1, 50_000)).toBe(65_000);
  expect(runBudgetMs(3, undefined)).toBe(180_000);
  expect(runBudgetMs(1, 2)).toBe(10_000);
  expect(runBudgetMs(4, 1000)).toBe(80_000);
});

it('watches every create, run, timing and profile of a runtime', async () => {
  const { host, log } = recordingHost();
  const runtime = await createNodeRuntime('wasm', 1, host);
  const file = toModelFile(
    buildModel(17, (e) => {
      const x = e.addInput('x', { kind: 'tensor', dtype: 'float32', dims: [1] });
      const y = e.op('Neg', [x]);
      e.setType(y, { kind: 'tensor', dtype: 'float32', dims: [1] });
      e.addOutput(y);
    }),
  );
  const feeds = { x: { dtype: 'float32', dims: [1], data: new Uint8Array(4) } as const };
  const session = await runtime.create(file, { budgetMs: 1234 });
  await session.run(feeds);
  await session.time(feeds, 2, 2);
  await runtime.profile(file, feeds);
  await runtime.dispose();
  expect(
    log.filter((line) => line !== 'finished').map((line) => line.replace(/\(.*\)/, '')),
  ).toEqual([
    'create a session  1234',
    'run 60000',
    'time 10000',
    'create a session  15001',
    'profile 60000',
    'profile 60000',
  ]);
  expect(log.filter((line) => line === 'finished')).toHaveLength(6);
});
