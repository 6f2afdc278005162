import { bits, measured, openSample, pruning } from './support/studio.ts';
import { expect, test } from './support/test.ts';

test.beforeEach(async ({ page }) => {
  await openSample(page);
  await measured(page);
});

test('every measured variant becomes a point; a point brings its recipe back; the table says the same', async ({
  page,
}) => {
  const chart = page.getByTestId('chart-trade-off');
  const marks = chart.locator('.chart-marks [aria-label]');
  const first = await marks.count();
  await pruning(page).fill('0.5');
  await measured(page);
  await expect.poll(() => marks.count()).toBeGreaterThan(first);
  await bits(page, 8).check();
  await measured(page);
  const mark = chart.getByRole('button', { name: /^Original/ });
  await mark.focus();
  await page.keyboard.press('Enter');
  await expect(pruning(page)).toHaveValue('0');
  await expect(bits(page, 32)).toBeChecked();

  await chart.getByRole('radio', { name: 'Table' }).check();
  const rows = chart.getByRole('table').getByRole('row');
  await expect.poll(() => rows.count(), 'header, original, two variants').toBeGreaterThanOrEqual(4);
  await chart
    .getByRole('button', { name: /Restore.*50.*int8/ })
    .first()
    .click();
  await expect(pruning(page)).toHaveValue('0.5');
  await expect(bits(page, 8)).toBeChecked();
});

test('the curves over ratio and bits fill by themselves, and give way to the hand', async ({
  page,
}) => {
  await page.getByRole('tab', { name: 'Sweep' }).click();
  const chart = page.getByTestId('chart-sweep');
  await chart.getByRole('radio', { name: 'Table' }).check();
  const rows = chart.getByRole('table').getByRole('row');
  await expect.poll(() => rows.count(), { timeout: 60_000 }).toBeGreaterThan(6);
  await pruning(page).fill('0.33');
  await measured(page);
  await expect(pruning(page)).toHaveValue('0.33');
});

test('layers: every metric for original and variant', async ({ page }) => {
  await pruning(page).fill('0.5');
  await measured(page);
  await page.getByRole('tab', { name: 'Layers' }).click();
  const chart = page.getByTestId('chart-layers');
  await chart.getByRole('radio', { name: 'Table' }).check();
  const metric = chart.getByTestId('layers-metric');
  for (const name of ['Latency', 'MACs', 'Parameters', 'Zeros']) {
    await metric.selectOption(name);
    await expect(chart.getByRole('table').getByRole('row').nth(2), name).toBeVisible();
  }
  // Half of the weights are zero in the variant, none in the original.
  const text = await chart.getByRole('table').innerText();
  expect(text).toMatch(/Conv|Gemm/);
  expect(text).toMatch(/[1-9]\d?(\.\d)?\s%/);
});

test('weights: the threshold of the pruning and the grid of the quantization are drawn in', async ({
  page,
}) => {
  await page.getByRole('tab', { name: 'Weights' }).click();
  const chart = page.getByTestId('chart-weights');
  await chart.getByTestId('weights-weight').selectOption('conv3.weight');
  await expect(chart.locator('svg').first()).toBeVisible();
  await expect(chart).not.toContainText('zero below');
  await pruning(page).fill('0.5');
  await expect(chart).toContainText('zero below');
  await bits(page, 4).check();
  await expect(chart).toContainText('once quantized');
});
