import type { Page } from '@playwright/test';
import { jobLine, openSample, row } from './support/studio.ts';
import { expect, test } from './support/test.ts';

const recipe = {
  steps: [
    { method: 'prune-weights', ratio: 0.7 },
    { method: 'quantize-weights', bits: 4 },
  ],
};

test('WebGPU and WASM: the same model, the same answers within tolerance', async ({ page }) => {
  test.setTimeout(180_000);
  await openSample(page, 'digits', recipe);
  await page.getByRole('slider', { name: 'Samples for accuracy' }).fill('100');
  const wasm = await figures(page);
  await page.getByTestId('device-menu').click();
  const gpu = page.getByRole('radio', { name: /^WebGPU/ });
  await expect(gpu, 'a device that is missing fails this test').toBeEnabled();
  await gpu.check();
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('device-menu')).toContainText('WebGPU');
  const webgpu = await figures(page);
  const runtimes = page.workers().map((one) => one.url());
  expect(
    runtimes.some((url) => /runtime\.(jspi|webgpu)\.worker/.test(url)),
    'it ran there',
  ).toBe(true);
  console.log(`WASM ${JSON.stringify(wasm)}\nWebGPU ${JSON.stringify(webgpu)}`);
  expect(webgpu.size).toEqual(wasm.size);
  expect(webgpu.accuracy).toEqual(wasm.accuracy);
  expect(Math.abs(webgpu.sqnrDb - wasm.sqnrDb), 'dB').toBeLessThan(0.1);
  expect(Math.abs(webgpu.maxError / wasm.maxError - 1)).toBeLessThan(0.01);
  await expect(page.getByTestId('figure-latency')).toHaveAttribute('data-kind', 'measured');
});

interface Figures {
  readonly size: { before: string; after: string };
  readonly accuracy: { before: string; after: string };
  readonly sqnrDb: number;
  readonly maxError: number;
}

async function figures(page: Page): Promise<Figures> {
  const patience = { timeout: 80_000 };
  for (const figure of ['figure-quality', 'figure-latency'])
    await expect(page.getByTestId(figure)).toHaveAttribute('data-kind', 'measured', patience);
  await expect(jobLine(page)).toHaveAttribute('data-state', 'idle', patience);
  return {
    size: await row(page, 'size'),
    accuracy: await row(page, 'accuracy'),
    sqnrDb: Number.parseFloat((await row(page, 'sqnr')).after),
    maxError: Number.parseFloat((await row(page, 'max-error')).after.replace('−', '-')),
  };
}
