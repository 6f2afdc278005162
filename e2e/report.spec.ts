import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { download, measured, openSample, row } from './support/studio.ts';
import { expect, test } from './support/test.ts';

test('the report opens by itself from the disk and says what the page said', async ({
  page,
  browser,
}, info) => {
  await openSample(page, 'digits', {
    steps: [{ method: 'prune-weights', ratio: 0.6 }, { method: 'quantize-int8' }],
  });
  await measured(page);
  const accuracy = await row(page, 'accuracy');
  const size = await row(page, 'size');
  await page.getByTestId('export').click();
  await expect(page.getByTestId('export-ready')).toBeVisible({ timeout: 30_000 });
  const sha256 = await page.getByTestId('export-sha256').innerText();
  const { file, name } = await download(page, 'download-report');
  const html = readFileSync(file, 'utf8');
  expect(html, 'no scripts').not.toMatch(/<script|javascript:|\son\w+=/i);
  expect(html, 'nothing from outside').not.toMatch(/(src|href|url\()\s*=?\s*["'(]?(https?:)?\/\//i);

  const copy = info.outputPath(name);
  writeFileSync(copy, html);
  const context = await browser.newContext();
  const requests: string[] = [];
  context.on('request', (request) => requests.push(request.url()));
  const report = await context.newPage();
  const address = pathToFileURL(copy).href;
  await report.goto(address);
  const text = (await report.locator('body').innerText()).replaceAll('\u00a0', ' ');
  for (const value of [
    accuracy.before,
    accuracy.after,
    size.before,
    size.after,
    sha256,
    'prune-weights',
  ])
    expect(text).toContain(value.replaceAll('\u00a0', ' '));
  await expect(report.getByRole('figure').locator('svg').first()).toBeVisible();
  expect(requests).toEqual([address]);
  await context.close();
});
