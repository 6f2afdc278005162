import type { Page, Worker } from '@playwright/test';
import { pytorchTolerance } from '../src/engine/train/testing/pytorch/differences.ts';
import type { Checks } from './pages/gradients/checks.ts';
import type { Moment } from './pages/gradients/training.ts';
import { expect } from './support/test.ts';
import { testOnPage } from './support/test-page.ts';

/**
 * Gradient graphs on WebGPU, in the build of onnxruntime-web that the studio uses in this browser,
 * through its own runtime workers: the rules against WASM, where finite differences check them;
 * whole blocks against PyTorch; and training steps whose state stays in the GPU's memory.
 */
const test = testOnPage('gradients');
const build = 'jspi';
declare const gradientChecks: Checks;

/** Cases for which no session can be created on WebGPU, and in which words. All others run. */
const refused: Readonly<Record<string, RegExp>> = {
  'Cast to float64 and back': /Provider type for Cast node/,
  // As the last node only; before others ONNX Runtime takes it out.
  Dropout: /Provider type for Dropout node/,
};

/**
 * Operators without a WebGPU kernel (in this ONNX Runtime) that graphs with a gradient hold: they
 * run on the CPU, with copies. By the operator differentiated.
 */
const onCpu: Readonly<Record<string, readonly string[]>> = {
  Abs: ['Sign'],
  Celu: ['Celu'],
  DepthToSpace: ['SpaceToDepth'],
  GroupNormalization: ['Concat', 'Div'],
  LogSoftmax: ['LogSoftmax'],
  Mean: ['Mean'],
  QuantizeLinear: ['DequantizeLinear', 'QuantizeLinear'],
  ReduceL1: ['Sign'],
  Selu: ['Selu'],
  Softsign: ['Softsign'],
  SpaceToDepth: ['SpaceToDepth'],
  Sum: ['Sum'],
};

/** Largest difference between WebGPU and WASM, as a share of a tensor's largest value. */
const tolerance = 5e-5;
/** WGSL promises sin and cos to 2⁻¹¹ only. */
const wider: Readonly<Record<string, number>> = { Cos: 1e-3, Sin: 1e-3 };

test.beforeEach(async ({ page, pageUrl }) => {
  await page.goto(pageUrl);
  expect(await page.evaluate(() => 'Suspending' in WebAssembly), 'this browser has JSPI').toBe(
    true,
  );
});

test('every rule: the same gradients as on WASM', async ({ page }) => {
  const seen = { cases: 0, worst: 0, worstCase: '' };
  const refusals: Record<string, string> = {};
  const cpu: Record<string, readonly string[]> = {};
  const wrong: string[] = [];
  for (const operator of await page.evaluate(() => gradientChecks.ruleNames())) {
    const results = await page.evaluate(([on, name]) => gradientChecks.gradientsOnBoth(on, name), [
      build,
      operator,
    ] as const);
    for (const { name, relativeDifference, refusal, onCpu: ranOnCpu = [] } of results) {
      if (ranOnCpu.length > 0) cpu[operator] = ranOnCpu;
      if (refusal !== undefined) {
        refusals[name] = refusal;
        continue;
      }
      seen.cases++;
      if (!(relativeDifference < (wider[name] ?? tolerance)))
        wrong.push(`${name}: ${relativeDifference}`);
      else if (relativeDifference > seen.worst && wider[name] === undefined)
        Object.assign(seen, { worst: relativeDifference, worstCase: name });
    }
  }
  console.log(
    `${seen.cases} gradient cases on WebGPU, ${Object.keys(refusals).length} refused; largest difference from WASM ${seen.worst.toExponential(1)} (${seen.worstCase})`,
  );
  expect(wrong).toEqual([]);
  expect(Object.keys(refusals).toSorted()).toEqual(Object.keys(refused).toSorted());
  for (const [name, words] of Object.entries(refused)) expect(refusals[name], name).toMatch(words);
  expect(cpu).toEqual(onCpu);
});

test('networks: the same outputs and gradients as PyTorch', async ({ page }) => {
  const names = await page.evaluate(() => gradientChecks.pytorchNames());
  expect(names.length).toBeGreaterThanOrEqual(28);
  let worst = 0;
  for (const name of names) {
    const differences = await page.evaluate(
      ([on, network]) => gradientChecks.pytorchOn(on, network),
      [build, name] as const,
    );
    for (const { what, relativeError } of differences) {
      expect(relativeError, `${name}: ${what}`).toBeLessThan(pytorchTolerance);
      worst = Math.max(worst, relativeError);
    }
  }
  console.log(
    `${names.length} networks on WebGPU; largest error against PyTorch ${worst.toExponential(1)}`,
  );
});

test('training: the same losses and weights as on WASM, and the state stays on the GPU', async ({
  page,
}) => {
  const steps = 12;
  const readAt = new Map<Moment, number>();
  await page.exposeFunction('atMoment', async (moment: Moment) => {
    const gpu = gpuWorker(page);
    if (moment === 'first step done') await watchReads(gpu);
    readAt.set(moment, await bytesRead(gpu));
  });
  const { wasm, gpu, stateDifference, stateBytes } = await page.evaluate(
    ([on, count]) => gradientChecks.trainOnBoth(on, count),
    [build, steps] as const,
  );
  const differences = wasm.map((loss, i) => Math.abs((gpu[i] ?? Number.NaN) / loss - 1));
  const perStep = ((readAt.get('last step done') ?? Number.NaN) / (steps - 1)).toFixed(0);
  console.log(
    `${steps} steps: loss ${wasm[0]?.toFixed(4)} to ${wasm.at(-1)?.toFixed(4)}, on WebGPU ${gpu.at(-1)?.toFixed(4)}; ` +
      `largest difference of a loss ${Math.max(...differences).toExponential(1)}, of the state ${stateDifference.toExponential(1)}; ` +
      `${perStep} bytes read from the GPU per step, the state has ${stateBytes}`,
  );
  expect(gpu).toHaveLength(steps);
  expect(wasm.at(-1)).toBeLessThan((wasm[0] ?? 0) * 0.9);
  expect(Math.max(...differences)).toBeLessThan(1e-3);
  expect(stateDifference).toBeLessThan(1e-3);
  // The loss is read after each step, and the class scores, whose LogSoftmax runs on the CPU; the
  // state only when it is asked for.
  expect(Number(perStep)).toBeGreaterThan(0);
  expect(Number(perStep)).toBeLessThan(stateBytes / 4);
  const state = (readAt.get('state read') ?? 0) - (readAt.get('last step done') ?? 0);
  expect(state).toBeGreaterThanOrEqual(stateBytes);
});

function gpuWorker(page: Page): Worker {
  const found = page.workers().find((one) => one.url().includes('runtime.jspi.worker'));
  if (found === undefined) throw new Error('the page has no runtime worker for WebGPU');
  return found;
}

/** Counts the bytes that the worker maps for reading from now on: the only way out of the GPU. */
const watchReads = (worker: Worker): Promise<void> =>
  worker.evaluate(() => {
    const counted = { bytes: 0 };
    Object.assign(globalThis, { readFromGpu: counted });
    const { prototype } = Reflect.get(globalThis, 'GPUBuffer') as {
      prototype: { mapAsync: (mode: number, offset?: number, size?: number) => Promise<void> };
    };
    const { mapAsync } = prototype;
    prototype.mapAsync = function count(this: { size: number }, mode, offset, size) {
      if (mode === 1) counted.bytes += size ?? this.size - (offset ?? 0);
      return mapAsync.call(this, mode, offset, size);
    };
  });

const bytesRead = (worker: Worker): Promise<number> =>
  worker.evaluate(() => (Reflect.get(globalThis, 'readFromGpu') as { bytes: number }).bytes);
