import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Locator, Page } from '@playwright/test';
import { violations } from './support/axe.ts';
import { comparedRows, predictions } from './support/command-line.ts';
import {
  digitsFile,
  download,
  jobLine,
  measured,
  openSample,
  root,
  row,
} from './support/studio.ts';
import { expect, test } from './support/test.ts';

/** A student of a third of the width, taught for a moment: few samples, few steps. */
const distill = {
  method: 'distill',
  student: { width: 0.35, depth: 1 },
  epochs: 3,
  samples: 2000,
  augmentation: 'none',
};
const recipe = { steps: [distill] };
const patience = { timeout: 60_000 };

test('train → pause → reload → resume → finish → export: the file is the student on the page', async ({
  page,
}) => {
  await openSample(page, 'digits', recipe);
  await test.step('nothing is trained unasked: sizes are exact, the rest says what it waits for', async () => {
    await expect(page.getByTestId('train')).toBeEnabled(patience);
    await expect(jobLine(page)).toHaveAttribute('data-state', 'idle', patience);
    await expect(page.getByTestId('figure-latency')).toHaveAttribute('data-kind', 'waiting');
    await expect(page.getByTestId('figure-quality-note')).toHaveText('needs training');
    await expect(page.getByTestId('figure-size')).toHaveAttribute('data-kind', 'exact');
    await expect(page.getByTestId('export')).toBeDisabled();
  });
  const planned = await row(page, 'params');

  await page.getByTestId('train').click();
  await stepReached(page, 3);
  await test.step('the chart moves', async () => {
    const line = page.getByTestId('training-loss-chart').locator('.chart-line');
    await expect(line).toHaveCount(1, patience);
    const before = await line.getAttribute('d');
    await expect(line).not.toHaveAttribute('d', before ?? '', patience);
  });

  await page.getByTestId('pause-training').click();
  await expect(page.getByTestId('training-state')).toHaveAttribute(
    'data-state',
    'paused',
    patience,
  );
  const paused = await stepNow(page);
  await page.waitForTimeout(500);
  expect(await stepNow(page), 'it stands still').toBe(paused);

  await page.reload();
  await expect(page.getByTestId('train-bar')).toHaveAttribute('data-kind', 'started', patience);
  await expect(page.getByTestId('train')).toHaveText('Resume training');
  await page.getByTestId('train').click();
  await expect(page.getByTestId('training-state')).toBeVisible(patience);
  await stepReached(page, paused + 1);
  const resumed = await stepNow(page);
  expect(resumed, 'it does not start over').toBeGreaterThanOrEqual(paused);

  await expect(page.getByTestId('training-state')).toHaveAttribute('data-state', 'done', patience);
  await measured(page);
  await expect(page.getByTestId('training-score-chart').getByText(/^teacher/)).toBeVisible();
  const after = await row(page, 'params');
  expect(after, 'what was planned is what was made').toEqual(planned);
  console.log(
    `train: paused at step ${paused}, ${(await row(page, 'accuracy')).after} after ${await stepNow(page)} steps`,
  );

  await test.step('a trained student comes back at once after a reload', async () => {
    await page.reload();
    await expect(page.getByTestId('train-bar')).toHaveAttribute('data-kind', 'trained', patience);
    await measured(page);
  });

  await page.getByTestId('export').click();
  await expect(page.getByTestId('export-ready')).toBeVisible(patience);
  const exported = await download(page, 'download-model');
  const accuracy = await row(page, 'accuracy');
  await test.step('the file, read in Node, is smaller and says what the page shows', async () => {
    const bytes = (await stat(exported.file)).size;
    expect(bytes).toBeLessThan((await stat(digitsFile)).size / 3);
    const samples = 1000;
    const was = await predictions(digitsFile, 'sample:digits', samples);
    const is = await predictions(exported.file, 'sample:digits', samples);
    const rows = comparedRows(was, is);
    const right = rows.filter((one) => one.after === one.label).length;
    expect(`${((100 * right) / samples).toFixed(1)}\u00a0%`).toBe(accuracy.after);
    const changed = rows.filter((one) => one.before !== one.after).length;
    await expect(page.getByTestId('changed-count')).toHaveText(
      `${changed} of ${samples.toLocaleString('en')} predictions changed`,
    );
  });
});

test('stop ends a step soon; finishing early keeps the best; soft labels follow the temperature', async ({
  page,
}) => {
  await openSample(page, 'digits', { steps: [{ ...distill, epochs: 50, samples: 8000 }] });
  await page.getByTestId('train').click(patience);
  await stepReached(page, 2);

  await trainingView(page, 'Soft labels').check(patience);
  const bars = page.getByTestId('chart-soft-labels');
  const legend = bars.locator('.sides-swatch.tone-variant');
  await expect(legend).toHaveText('T = 4', patience);
  const summary = page.getByTestId('chart-soft-labels-summary');
  const at4 = await summary.innerText();
  await page.getByTestId('soft-temperature').fill('8');
  await expect(summary).not.toHaveText(at4);
  await expect(legend).toHaveText('T = 8');
  expect(await violations(page), 'soft labels').toEqual([]);
  // Another temperature is another training; back to the one that runs.
  await page.getByTestId('undo').click();
  await trainingView(page, 'Progress').check(patience);
  expect(await violations(page), 'a training that runs').toEqual([]);

  await page.getByTestId('stop-training').click();
  await expect(jobLine(page)).toHaveAttribute('data-state', 'idle');
  await expect(page.getByTestId('training-state')).toHaveAttribute('data-state', 'stopped');

  await page.getByTestId('train').click();
  await stepReached(page, 3);
  await page.getByTestId('finish-training').click();
  await expect(page.getByTestId('training-state')).toHaveAttribute('data-state', 'done', patience);
  await measured(page);
});

test('a student of one’s own: a file that does not fit is refused, one that fits stays after a reload', async ({
  page,
}) => {
  const sample = (name: string): string => path.join(root, 'public', 'samples', name, 'model.onnx');
  await openSample(page, 'digits');
  const card = page.getByTestId('card-distill');
  await page.getByTestId('choose-student').setInputFiles(sample('mail'));
  await expect(card.getByTestId('step-refused')).toContainText('inputs', patience);
  await expect(page.getByTestId('train')).toBeDisabled();
  // The network for clothes reads pictures of the same size and tells as many classes apart.
  await page.getByTestId('choose-student').setInputFiles(sample('fashion'));
  await expect(card.getByTestId('step-refused')).toHaveCount(0, patience);
  await expect(card.getByTestId('step-summary')).toContainText('model.onnx');
  await expect(page.getByTestId('train')).toBeEnabled(patience);
  expect((await row(page, 'params')).after).not.toBe((await row(page, 'params')).before);
  expect(await violations(page), 'a student of one’s own').toEqual([]);

  // The session keeps its file.
  await page.waitForTimeout(1500);
  await page.reload();
  await expect(card.getByTestId('own-student')).toContainText('model.onnx', patience);
  await expect(page.getByTestId('train')).toBeEnabled(patience);
  await page.getByTestId('forget-student').click();
  await expect(page.getByTestId('student-width')).toBeVisible();
});

const trainingView = (page: Page, name: string): Locator =>
  page.getByTestId('training-view').getByRole('radio', { name });

/** The step that the training says it is at; 0 before the first. */
async function stepNow(page: Page): Promise<number> {
  const text = await page.getByTestId('training-step').innerText();
  return Number(/(\d[\d,]*) of/.exec(text)?.[1]?.replaceAll(',', '') ?? 0);
}

const stepReached = (page: Page, step: number): Promise<void> =>
  expect.poll(() => stepNow(page), patience).toBeGreaterThanOrEqual(step);
