import { measured, openSample, row } from './support/studio.ts';
import { expect, test } from './support/test.ts';

const recipe = { steps: [{ method: 'prune-weights', ratio: 0.6 }, { method: 'quantize-int8' }] };

test('one thread and two: other speed, the same predictions', async ({ page }) => {
  await openSample(page, 'digits', recipe);
  await measured(page);
  await page.getByTestId('device-menu').click();
  const threads = page.getByRole('slider', { name: 'Threads' });
  expect(
    Number(await threads.getAttribute('max')),
    'the page is isolated and has two cores',
  ).toBeGreaterThanOrEqual(2);
  const seen = new Map<string, string[]>();
  for (const count of ['1', '2']) {
    await threads.fill(count);
    await expect(page.getByTestId('device-menu')).toContainText(`${count} thread`);
    await measured(page);
    await expect(page.getByTestId('changed-count')).toBeVisible();
    const keys = ['size', 'nonzero', 'macs', 'accuracy', 'agreement'];
    const rows = await Promise.all(keys.map((key) => row(page, key)));
    seen.set(
      count,
      rows.flatMap(({ before, after }) => [before, after]),
    );
    console.log(
      `${count} threads: ${(await row(page, 'warm')).after} warm, accuracy ${(await row(page, 'accuracy')).after}`,
    );
  }
  expect(seen.get('2')).toEqual(seen.get('1'));
  // The threads are really there: workers that the runtime's own script started.
  const own = page.workers().filter((one) => one.url().includes('ort-wasm-simd-threaded'));
  expect(
    own.length,
    page
      .workers()
      .map((one) => one.url())
      .join(', '),
  ).toBeGreaterThanOrEqual(1);
});

test('a backend that is absent is said to be absent', async ({ page }) => {
  await openSample(page);
  await page.getByTestId('device-menu').click();
  const gpu = page.getByRole('radio', { name: /^WebGPU/ });
  await expect(gpu).toBeDisabled();
  await expect(page.getByTestId('webgpu-note')).toHaveText('not available in this browser');
});
