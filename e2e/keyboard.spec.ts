import type { Locator, Page } from '@playwright/test';
import { bits, measured, pruning } from './support/studio.ts';
import { expect, test } from './support/test.ts';

test('by keys alone: choose a sample, turn both dials, read a chart as a table, export', async ({
  page,
}) => {
  await page.goto('./');
  await tabTo(page, page.getByRole('button', { name: /Handwritten digits/ }));
  await page.keyboard.press('Enter');
  await measured(page);

  await tabTo(page, pruning(page));
  for (let i = 0; i < 30; i++) await page.keyboard.press('ArrowRight');
  await expect(pruning(page)).toHaveValue('0.3');
  await expect(pruning(page), 'the focus stays on the dial').toBeFocused();
  await measured(page);

  await tabTo(page, bits(page, 32));
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await expect(bits(page, 8)).toBeFocused();
  await expect(bits(page, 8)).toBeChecked();
  await measured(page);

  await tabTo(page, page.getByRole('tab', { name: 'Trade-off' }));
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('tab', { name: 'Sweep' })).toHaveAttribute('aria-selected', 'true');
  const chart = page.getByTestId('chart-sweep');
  await tabTo(page, chart.getByRole('radio', { name: 'Chart' }));
  await page.keyboard.press('ArrowRight');
  await expect(chart.getByRole('table')).toBeVisible();

  await tabTo(page, page.getByTestId('export'));
  await page.keyboard.press('Enter');
  const save = page.getByTestId('download-model');
  await expect(save).toBeVisible({ timeout: 30_000 });
  await tabTo(page, save);
  const downloading = page.waitForEvent('download');
  await page.keyboard.press('Enter');
  expect((await downloading).suggestedFilename()).toBe('digits-whittled.onnx');
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('export-dialog')).toHaveCount(0);
  await expect(page.getByTestId('export'), 'the focus goes back to where it was').toBeFocused();
});

test('a step is moved, switched off and removed by keys', async ({ page }) => {
  await page.goto('./#v=1&sample=digits');
  await measured(page);
  await bits(page, 8).check();
  await pruning(page).fill('0.3');
  await expect(page.locator('.step-item[data-step]')).toHaveText([/Prune/, /Quantize/]);
  await tabTo(page, page.getByRole('button', { name: 'Move Prune, step 1' }));
  await page.keyboard.press('ArrowDown');
  await expect(page.locator('.step-item[data-step]')).toHaveText([/Quantize/, /Prune/]);
  await page.keyboard.press('Control+z');
  await expect(page.locator('.step-item[data-step]')).toHaveText([/Prune/, /Quantize/]);
  const on = page.getByRole('switch', { name: 'Prune switched on' });
  await tabTo(page, on);
  await page.keyboard.press('Space');
  await expect(on).not.toBeChecked();
  await tabTo(page, page.getByRole('button', { name: 'Remove Prune' }));
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('notice-removed')).toContainText('Removed');
  await measured(page);
});

/** Tab, as often as it takes, until `target` has the focus. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  const most = 120;
  for (let i = 0; i < most; i++) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`${most} times Tab did not lead to ${target.toString()}`);
}
