import { bits, download, measured, openIsolated, pruning, sampleHash } from './support/studio.ts';
import { expect, test } from './support/test.ts';

test('without isolation everything works, with one thread, and the page says so', async ({
  page,
}) => {
  await page.goto(`./?isolation=off${sampleHash('digits')}`);
  await measured(page);
  await page.getByTestId('device-menu').click();
  await expect(page.getByTestId('not-isolated')).toContainText('not cross-origin isolated');
  await expect(page.getByRole('slider', { name: 'Threads' })).toBeDisabled();
  await page.keyboard.press('Escape');
  await pruning(page).fill('0.5');
  await bits(page, 8).check();
  await measured(page);
  await expect(page.getByTestId('changed-count')).toBeVisible();
  await page.getByTestId('export').click();
  await expect(page.getByTestId('export-ready')).toBeVisible({ timeout: 30_000 });
  expect((await download(page, 'download-model')).name).toBe('digits-whittled.onnx');
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
});

test('isolated by its service worker, the studio measures with two threads', async ({ page }) => {
  await openIsolated(page);
  await page.getByTestId('sample-digits').click();
  await measured(page);
  await page.getByTestId('device-menu').click();
  await page.getByRole('slider', { name: 'Threads' }).fill('2');
  await measured(page);
  await expect(page.getByTestId('device-menu')).toContainText('2 threads');
});
