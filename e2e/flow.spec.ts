import { readFile, stat, writeFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { comparedRows, predictions, whittle } from './support/command-line.ts';
import {
  bits,
  digitsFile,
  download,
  measured,
  pruning,
  recipeInAddress,
  row,
} from './support/studio.ts';
import { expect, test } from './support/test.ts';

const data = 'sample:digits';

test('sample → slider → bits → export: the file is what the page said it is', async ({
  page,
}, info) => {
  await page.goto('./');
  await page.getByRole('button', { name: /Handwritten digits/ }).click();
  await measured(page);
  const original = await row(page, 'accuracy');
  expect(original.after).toBe('–');
  const points = page.getByTestId('chart-trade-off').locator('.chart-marks [aria-label]');
  const before = await points.count();

  await dragTo(page, 0.8);
  await measured(page);
  await bits(page, 8).check();
  await measured(page);
  expect(await points.count(), 'the chart keeps every variant').toBeGreaterThanOrEqual(before + 2);
  expect(recipeInAddress(page)).toMatchObject({
    steps: [{ method: 'prune-weights' }, { method: 'quantize-int8' }],
  });
  const shown = { accuracy: await row(page, 'accuracy'), rows: await shownRows(page) };
  const samples = await sampleCount(page);
  expect(shown.accuracy.before, 'the original has not changed').toBe(original.before);

  await page.getByRole('button', { name: 'Export' }).click();
  await expect(page.getByText('Written, read again, run and compared')).toBeVisible({
    timeout: 30_000,
  });
  const exported = await download(page, 'download-model');
  const recipe = await download(page, 'download-recipe');
  expect(exported.name).toBe('digits-whittled.onnx');
  const bytes = (await stat(exported.file)).size;
  await expect(page.getByTestId('export-dialog')).toContainText(
    `(${bytes.toLocaleString('en')} B)`,
  );

  await test.step('the same recipe on the command line', async () => {
    const [out, report] = [info.outputPath('cli.onnx'), info.outputPath('report.json')];
    const options = [
      '--data',
      data,
      '--samples',
      String(samples),
      '--out',
      out,
      '--report',
      report,
    ];
    await whittle('run', digitsFile, '--recipe', recipe.file, ...options);
    const { before: was, after: is } = JSON.parse(await readFile(report, 'utf8'));
    expect(is.sizeBytes, 'size equal').toBe(bytes);
    expect(percent(was.accuracy.value), 'accuracy of the original equal').toBe(
      shown.accuracy.before,
    );
    expect(percent(is.accuracy.value), 'accuracy of the variant equal').toBe(shown.accuracy.after);
    expect(is.accuracy.samples).toBe(samples);
    expect((await readFile(out)).equals(await readFile(exported.file)), 'the same bytes').toBe(
      true,
    );
  });

  await test.step('the downloaded file, read again in Node, predicts what the page shows', async () => {
    const file = info.outputPath('downloaded.onnx');
    await writeFile(file, await readFile(exported.file));
    const expected = comparedRows(
      await predictions(digitsFile, data, samples),
      await predictions(file, data, samples),
    );
    expect(shown.rows).toEqual(expected.slice(0, shown.rows.length));
    const changed = expected.filter((one) => one.before !== one.after).length;
    await expect(page.getByTestId('changed-count')).toHaveText(
      `${changed} of ${samples.toLocaleString('en')} predictions changed`,
    );
    console.log(
      `export: ${bytes} bytes, ${shown.accuracy.after} on ${samples} samples, ${changed} predictions changed; the command line agrees`,
    );
  });
});

/** Moves the slider as a hand does: press the thumb, pull, let go. */
async function dragTo(page: Page, ratio: number): Promise<void> {
  const slider = pruning(page);
  const size = page.getByTestId('figure-size');
  const box = await slider.boundingBox();
  if (box === null) throw new Error('the slider is not in view');
  // The thumb's centre stays half a thumb away from both ends.
  const thumb = 8;
  const max = Number(await slider.getAttribute('max'));
  const x = (value: number): number => box.x + thumb + (value / max) * (box.width - 2 * thumb);
  await page.mouse.move(x(0), box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(x(ratio / 2), box.y + box.height / 2, { steps: 5 });
  // Exact figures follow while the hand still holds the thumb.
  await expect(size.getByTestId('figure-size-after')).toBeVisible();
  await page.mouse.move(x(ratio), box.y + box.height / 2, { steps: 5 });
  await page.mouse.up();
  const reached = Number(await slider.inputValue());
  expect(Math.abs(reached - ratio), `slider at ${reached}`).toBeLessThan(0.05);
}

const percent = (share: number): string => `${(share * 100).toFixed(1)}\u00a0%`;

async function sampleCount(page: Page): Promise<number> {
  const text = await page.getByTestId('changed-count').innerText();
  return Number(/ of ([\d,]+) /.exec(text)?.[1]?.replaceAll(',', ''));
}

async function shownRows(page: Page): Promise<{ label: number; before: number; after: number }[]> {
  await expect(
    page.locator('.predictions:not([data-stale]) [data-testid="prediction"]'),
  ).not.toHaveCount(0);
  const items = await page.getByTestId('prediction').all();
  return Promise.all(
    items.map(async (item) => {
      const [before, after] = await item.locator('.scores-name').allInnerTexts();
      const label = await item.locator('.prediction-label').innerText();
      return {
        label: Number(/\d+/.exec(label)?.[0]),
        before: Number(before),
        after: Number(after),
      };
    }),
  );
}
