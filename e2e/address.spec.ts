import type { Page } from '@playwright/test';
import { writePictures } from './support/files.ts';
import {
  bits,
  digitsFile,
  dropFiles,
  measured,
  openSample,
  pruning,
  recipeInAddress,
  row,
  sampleHash,
} from './support/studio.ts';
import { expect, test } from './support/test.ts';

const recipe = {
  steps: [
    { method: 'prune-weights', ratio: 0.35 },
    { method: 'quantize-weights', bits: 3 },
  ],
};

test('the address alone restores sample and recipe', async ({ page }) => {
  await openSample(page, 'digits', recipe);
  await expect(pruning(page)).toHaveValue('0.35');
  await expect(bits(page, 3)).toBeChecked();
  await measured(page);
  await pruning(page).fill('0.45');
  await expect
    .poll(() => recipeInAddress(page))
    .toMatchObject({ steps: [{ ratio: 0.45 }, { bits: 3 }] });
});

test('an address that is not understood opens what it can, and says what it left out', async ({
  page,
}) => {
  const odd = {
    steps: [{ method: 'prune-weights', ratio: 7, __proto__: 1 }, { method: 'no-such-method' }],
  };
  await openSample(page, 'digits', odd);
  await expect(page.getByTestId('notice-ignored')).toContainText('steps[1]');
  await measured(page);
});

test('work survives a reload: dropped files, recipe, points', async ({ page }, info) => {
  await page.goto('./');
  await dropFiles(page, digitsFile, writePictures(info.outputPath('bars.npz'), 200, 28));
  await measured(page);
  await pruning(page).fill('0.6');
  await measured(page);
  const before = {
    size: await row(page, 'size'),
    accuracy: await row(page, 'accuracy'),
    nonzero: await row(page, 'nonzero'),
  };
  // Written down a moment after the last change; a reload at once would rightly take the moment before.
  await expect.poll(() => keptPoints(page)).toBeGreaterThanOrEqual(2);
  await page.reload();
  await expect(page.getByTestId('model-facts')).toContainText('model.onnx');
  await expect(page.getByTestId('data-name')).toContainText('bars.npz');
  await expect(pruning(page)).toHaveValue('0.6');
  await measured(page);
  expect({
    size: await row(page, 'size'),
    accuracy: await row(page, 'accuracy'),
    nonzero: await row(page, 'nonzero'),
  }).toEqual(before);
  await page.getByTestId('export').click();
  await expect(page.getByTestId('export-ready'), 'the variant is built again').toBeVisible({
    timeout: 30_000,
  });
});

test('an address for another sample goes before the kept session', async ({ page }) => {
  await openSample(page, 'digits', recipe);
  await measured(page);
  await page.goto('about:blank');
  await page.goto(`./${sampleHash('no-such-sample')}`);
  await expect(page.getByRole('alert')).toContainText('no-such-sample');
});

/** How many points the record in the browser's database holds. */
const keptPoints = (page: Page): Promise<number> =>
  page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const open = indexedDB.open('whittle');
        open.onerror = () => resolve(-1);
        open.onsuccess = () => {
          const get = open.result.transaction('records').objectStore('records').get('current');
          get.onsuccess = () => {
            const record = get.result as { points: { measured: string[] }[] } | undefined;
            open.result.close();
            resolve(
              record?.points.filter((point) => point.measured.includes('latency')).length ?? 0,
            );
          };
        };
      }),
  );
