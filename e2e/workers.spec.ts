import type { Page, Worker } from '@playwright/test';
import { writeLoopingModel, writeLoopInputs } from './support/files.ts';
import {
  bits,
  cancelMs,
  dropFiles,
  jobLine,
  measured,
  openSample,
  pruning,
  row,
} from './support/studio.ts';
import { expect, test } from './support/test.ts';

const worker = (page: Page, name: string): Worker => {
  const found = page.workers().find((one) => one.url().includes(name));
  if (found === undefined)
    throw new Error(`no ${name} among the page's ${page.workers().length} workers`);
  return found;
};

/** An error that nothing catches, in the worker's own event loop: the worker is lost. */
const kill = (one: Worker): Promise<unknown> =>
  one.evaluate(() => {
    setTimeout(() => {
      throw new Error('planted');
    });
  });

for (const { name, script } of [
  { name: 'the studio worker', script: 'studio.worker' },
  { name: 'the runtime worker', script: 'runtime.wasm.worker' },
])
  test(`${name} dies: it is replaced, the page says so, the model and the recipe are still there`, async ({
    page,
  }) => {
    await openSample(page, 'digits', { steps: [{ method: 'prune-weights', ratio: 0.3 }] });
    await measured(page);
    const before = await row(page, 'accuracy');
    await kill(worker(page, script));
    await expect(page.getByTestId('notice-replaced')).toContainText('died and was replaced');
    await expect(page.getByTestId('model-facts')).toContainText('digits');
    expect(await row(page, 'accuracy'), 'what was measured stays').toEqual(before);
    await bits(page, 8).check();
    await measured(page);
    await expect(pruning(page)).toHaveValue('0.3');
  });

test.describe('a model that loops for ever on some inputs', () => {
  test.beforeEach(async ({ page }, info) => {
    await page.goto('./');
    const model = writeLoopingModel(info.outputPath('looping.onnx'));
    await dropFiles(
      page,
      model,
      writeLoopInputs(info.outputPath('inputs.npz'), 60, [21, 22, 23, 24]),
    );
    await expect(page.getByTestId('model-facts')).toContainText('looping.onnx');
    await expect(jobLine(page)).toHaveAttribute('data-state', 'running');
  });

  test('cancel answers at once while the runtime is stuck, and another model can be opened', async ({
    page,
  }) => {
    await stuck(page);
    const answerMs = await cancelMs(page);
    console.log(
      `cancel while the runtime hangs: idle after ${answerMs.toFixed(1)} ms (target 200)`,
    );
    expect(answerMs).toBeLessThan(200);
    await page.getByTestId('open-another').click();
    await page.getByTestId('sample-digits').click();
    await measured(page);
  });

  test('the watchdog replaces it, the page says so, and goes on', async ({ page }) => {
    await expect(page.getByTestId('notice-replaced')).toContainText('did not answer', {
      timeout: 40_000,
    });
    await expect(jobLine(page)).toHaveAttribute('data-state', 'failed');
    await expect(page.getByTestId('model-facts')).toContainText('looping.onnx');
    await page.getByTestId('open-another').click();
    await page.getByTestId('sample-digits').click();
    await measured(page);
  });
});

/** The progress of the measuring stands still. */
async function stuck(page: Page): Promise<void> {
  const text = page.getByTestId('job-text');
  let before = '';
  await expect
    .poll(
      async () => {
        const now = await text.innerText();
        const same = now === before && /\d/.test(now);
        before = now;
        return same;
      },
      { intervals: [1500] },
    )
    .toBe(true);
}
