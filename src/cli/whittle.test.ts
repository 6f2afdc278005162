import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { buildModel, writeBytes, type Model, type Report } from '../engine/index.ts';
import { parseCommand } from './arguments.ts';
import { inspect } from './inspect.ts';
import { measure } from './measure.ts';
import { openModelFile } from './open-files.ts';
import { run } from './run.ts';

/**
 * The command line as scripts use it: a whole round on the digits sample in this process, and what only a process of its own shows
 * (exit codes, streams, the watchdog) in children, started together because starting is what takes their time.
 */
vi.mock('./supervised.ts', async (original) => ({
  ...(await original<object>()),
  // The parent here is the test runner, which keeps no time.
  parentWatchdog: { start: () => () => undefined },
}));
vi.mock('../engine/index.ts', async (original) => {
  const engine = await original<typeof import('../engine/index.ts')>();
  // How long latency is measured for is held elsewhere: here it is only waited for.
  return { ...engine, latencyProtocols: { full: engine.latencyProtocols.quick } };
});

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const digits = path.join(root, 'public/samples/digits/model.onnx');

let folder: string;
const inFolder = (name: string): string => path.join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'whittle-cli-'));
  writeFileSync(
    inFolder('recipe.json'),
    JSON.stringify({
      version: 1,
      steps: [
        { method: 'prune-weights', ratio: 0.5 },
        { method: 'quantize-int8', samples: 64 },
      ],
    }),
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Carries a command out in this process; returns what it printed. */
async function printed(...argv: string[]): Promise<string> {
  const lines: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    lines.push(String(text));
    return true;
  });
  try {
    const command = parseCommand(argv);
    if (command.kind === 'inspect') await inspect(command);
    if (command.kind === 'run') await run(command);
    if (command.kind === 'measure') await measure(command);
  } finally {
    write.mockRestore();
  }
  return lines.join('');
}

/** The documented report, key for key, with the types of design §5.1. */
const reportShape = (file: string, accuracy: object | null): object => ({
  file,
  sizeBytes: expect.any(Number) as number,
  params: expect.any(Number) as number,
  nonzeroParams: expect.any(Number) as number,
  macs: expect.any(Number) as number,
  latency: {
    backend: 'wasm',
    threads: 1,
    coldMs: expect.any(Number) as number,
    p50Ms: expect.any(Number) as number,
    p95Ms: expect.any(Number) as number,
    runs: expect.any(Number) as number,
    speedup: expect.any(Number) as number,
  },
  accuracy,
  fidelity: {
    top1Agreement: expect.any(Number) as number,
    sqnrDb: expect.toSatisfy((db) => db === null || typeof db === 'number') as number,
    maxAbsError: expect.any(Number) as number,
    samples: expect.any(Number) as number,
  },
  verdicts: expect.toSatisfy(
    (list: Report['verdicts']) =>
      Array.isArray(list) &&
      list.every((one) => typeof one.code === 'string' && typeof one.message === 'string'),
  ) as Report['verdicts'],
});

const top1 = {
  metric: 'top1',
  value: expect.any(Number) as number,
  low: expect.any(Number) as number,
  high: expect.any(Number) as number,
  samples: 200,
};

describe('run, then measure, on the digits sample', () => {
  interface RunReport {
    readonly recipe: { readonly seed: number; readonly steps: readonly object[] };
    readonly steps: readonly { readonly step: { readonly method: string } }[];
    readonly before: Report;
    readonly after: Report;
  }
  let said: string;
  let report: RunReport;

  beforeAll(async () => {
    const files = ['--out', inFolder('small.onnx'), '--report', inFolder('report.json')];
    const options = ['--data', 'sample:digits', '--samples', '200', '--seed', '5'];
    said = await printed('run', digits, '--recipe', inFolder('recipe.json'), ...options, ...files);
    report = JSON.parse(readFileSync(inFolder('report.json'), 'utf8')) as RunReport;
  }, 120_000);

  it('reports before and after in the documented form', () => {
    expect(report.before).toStrictEqual(reportShape(digits, top1));
    expect(report.after).toStrictEqual(reportShape(inFolder('small.onnx'), top1));
    expect(report.before.latency?.speedup).toBe(1);
    expect(report.before.fidelity).toMatchObject({ top1Agreement: 1, sqnrDb: null });
    expect(report.recipe.seed).toBe(5);
    expect(report.steps.map(({ step }) => step.method)).toEqual(['prune-weights', 'quantize-int8']);
  });

  it('says the truth about the file it wrote', () => {
    const bytes = readFileSync(inFolder('small.onnx'));
    expect(report.after.sizeBytes).toBe(bytes.length);
    expect(report.before.sizeBytes).toBe(readFileSync(digits).length);
    expect(report.after.sizeBytes).toBeLessThan(report.before.sizeBytes * 0.32);
    expect(report.after.nonzeroParams).toBeLessThan(report.after.params * 0.55);
    expect(report.after.macs).toBe(report.before.macs);
    expect(report.before.accuracy?.value).toBeGreaterThan(0.95);
    expect(report.after.verdicts.map(({ code }) => code)).toContain('fused-int8');
    expect(report.after.verdicts.map(({ code }) => code)).not.toContain('calibrated-on-synthetic');
    expect(openModelFile(inFolder('small.onnx')).model.graph.nodes.length).toBeGreaterThan(10);
  });

  it('prints the same to people', () => {
    expect(said).toContain(`wrote ${inFolder('small.onnx')}`);
    expect(said).toContain('accuracy');
    expect(said).not.toMatch(/undefined|NaN|null/);
  });

  it('measures the file to the same accuracy, size and fidelity, as an array of documents', async () => {
    const text = await printed(
      'measure',
      digits,
      inFolder('small.onnx'),
      '--data',
      'sample:digits',
      '--samples',
      '200',
      '--json',
    );
    const [before, after, ...rest] = JSON.parse(text) as Report[];
    expect(rest).toEqual([]);
    expect(before).toStrictEqual(reportShape(digits, top1));
    expect(after).toStrictEqual(reportShape(inFolder('small.onnx'), top1));
    for (const key of [
      'sizeBytes',
      'params',
      'nonzeroParams',
      'macs',
      'accuracy',
      'fidelity',
    ] as const)
      expect(after?.[key], key).toEqual(report.after[key]);
  }, 120_000);

  it('inspects it as JSON', async () => {
    const summary = JSON.parse(
      await printed('inspect', inFolder('small.onnx'), '--json'),
    ) as object;
    expect(summary).toMatchObject({
      sizeBytes: report.after.sizeBytes,
      params: report.after.params,
      macs: report.after.macs,
      nonzeroParams: report.after.nonzeroParams,
      macsUnknown: null,
    });
  }, 60_000);

  it('leaves accuracy null and says so of its ranges where there is no data', async () => {
    const files = ['--out', inFolder('blind.onnx'), '--report', inFolder('blind.json')];
    await printed('run', digits, '--recipe', inFolder('recipe.json'), ...files);
    const { after } = JSON.parse(readFileSync(inFolder('blind.json'), 'utf8')) as RunReport;
    expect(after).toStrictEqual(reportShape(inFolder('blind.onnx'), null));
    expect(after.verdicts.map(({ code }) => code)).toContain('calibrated-on-synthetic');
  }, 120_000);
});

describe('a process of its own', () => {
  interface Ended {
    readonly code: number;
    readonly out: string;
    readonly err: string;
  }
  const whittle = (argv: readonly string[], env: Record<string, string> = {}): Promise<Ended> =>
    new Promise((resolve) => {
      const tsx = path.join(root, 'node_modules/tsx/dist/cli.mjs');
      execFile(
        process.execPath,
        [tsx, path.join(root, 'src/cli/main.ts'), ...argv],
        { cwd: folder, env: { ...process.env, ...env } },
        (error, out, err) => resolve({ code: error === null ? 0 : Number(error.code), out, err }),
      );
    });

  const cases = {
    inspect: ['inspect', digits, '--json'],
    help: ['--help'],
    badArgument: ['measure', 'm.onnx', '--threads', 'x'],
    absent: ['inspect', 'absent.onnx'],
    broken: ['measure', 'broken.onnx', '--json'],
    badRecipe: ['run', digits, '--recipe', 'bad.json'],
    unrunnable: ['measure', 'unrunnable.onnx', '--json'],
  } as const;
  let ended: Record<keyof typeof cases | 'hungMeasure' | 'hungInspect', Ended>;

  beforeAll(async () => {
    writeFileSync(inFolder('broken.onnx'), readFileSync(digits).subarray(0, 2000));
    writeFileSync(
      inFolder('bad.json'),
      '{"version":1,"steps":[{"method":"prune-weights","ratio":2}]}',
    );
    writeFileSync(inFolder('loop.onnx'), endlessLoop);
    writeFileSync(inFolder('unrunnable.onnx'), writeBytes(unrunnable()));
    const list: [string, Ended][] = [];
    const names = Object.keys(cases) as (keyof typeof cases)[];
    // Two at a time: more would only wait for each other on a small machine.
    const work: (() => Promise<void>)[] = [
      ...names.map((name) => async () => void list.push([name, await whittle(cases[name])])),
      async () => void list.push(['hungMeasure', await whittle(['measure', 'loop.onnx'], hurry)]),
      async () =>
        void list.push(['hungInspect', await whittle(['inspect', 'loop.onnx', '--json'], hurry)]),
    ];
    const worker = async (): Promise<void> => {
      for (let next = work.shift(); next !== undefined; next = work.shift()) await next();
    };
    await Promise.all([worker(), worker()]);
    ended = Object.fromEntries(list) as typeof ended;
  }, 240_000);
  const hurry = { WHITTLE_BUDGET_MS: '1500' };

  it('exits with 0 and one JSON document on standard output, nothing on standard error', () => {
    const { code, out, err } = ended.inspect;
    expect([code, err]).toEqual([0, '']);
    expect(JSON.parse(out)).toMatchObject({ file: digits, macs: expect.any(Number) as number });
    expect(ended.help.code).toBe(0);
    expect(ended.help.out).toContain('whittle measure MODEL');
  });

  it.each<[keyof typeof cases, number, string]>([
    ['badArgument', 2, '--threads'],
    ['absent', 1, 'absent.onnx: no such file'],
    ['broken', 1, 'broken.onnx'],
    ['badRecipe', 1, 'bad.json.steps[0].ratio'],
    ['unrunnable', 1, 'NoSuchOperator'],
  ])('%s: exits with %i and one line that says what and where', (name, code, words) => {
    expect(ended[name].code).toBe(code);
    expect(ended[name].out).toBe('');
    expect(ended[name].err).toMatch(/^whittle: [^\n]+\n$/);
    expect(ended[name].err).toContain(words);
  });

  it('stops a model that never ends, and still inspects it', () => {
    const { code, out, err } = ended.hungMeasure;
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(/^whittle: [^\n]+ took longer than 1\.5 s and was stopped[^\n]+\n$/);
    expect(ended.hungInspect).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(ended.hungInspect.out)).toMatchObject({
      macs: null,
      macsUnknown: expect.stringContaining('was stopped') as string,
      operators: expect.arrayContaining([expect.objectContaining({ opType: 'Loop' })]) as object,
    });
  });
});

/** x is an input; Loop(trip count 2^62, condition true, s = x) with the body s ← s + 1: adds for ever. */
const endlessLoop = Buffer.from(
  [
    'CAg6hAIKsAEKAW4KAWMKAXgSAXkiBExvb3AqmwEKBGJvZHkyjwEKGgoEY29uZBIIY29uZF9vdXQiCElkZW50aXR5',
    'ChQKAXMKA29uZRIFc19vdXQiA0FkZBIEYm9keVoLCgFpEgYKBAgHEgBaDgoEY29uZBIGCgQICRIAWg8KAXMSCgoI',
    'CAESBAoCCAFiEgoIY29uZF9vdXQSBgoECAkSAGITCgVzX291dBIKCggIARIECgIIAaABBRIBZyoPEAdCAW5KCAAA',
    'AAAAAABAKggQCUIBY0oBASoPCAEQAUIDb25lSgQAAIA/Wg8KAXgSCgoICAESBAoCCAFiDwoBeRIKCggIARIECgII',
    'AUIECgAQEQ==',
  ].join(''),
  'base64',
);

/** An operator that ONNX Runtime does not have. */
const unrunnable = (): Model =>
  buildModel(17, (e) => {
    const x = e.addInput('x', { kind: 'tensor', dtype: 'float32', dims: [1] });
    e.addOutput(e.op('NoSuchOperator', [x]));
  });
