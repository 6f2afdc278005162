import { readFileSync } from 'node:fs';
import path from 'node:path';
import { measured, root, row } from './support/studio.ts';
import { expect, test } from './support/test.ts';

interface Sample {
  readonly name: string;
  /** Of text only. */
  readonly tokenizer?: string;
  /** Of classifiers. */
  readonly accuracy?: number;
  /** Of language models. */
  readonly perplexity?: number;
  readonly testTokens?: number;
}
const index = JSON.parse(
  readFileSync(path.join(root, 'public', 'samples', 'index.json'), 'utf8'),
) as { samples: readonly Sample[] };

const images = index.samples.filter(({ tokenizer }) => tokenizer === undefined);
const texts = index.samples.filter(({ tokenizer }) => tokenizer !== undefined);

test('there are three samples of images and two of text', () => {
  expect(images.map(({ name }) => name)).toEqual(['digits', 'fashion', 'fashion-mobile']);
  expect(texts.map(({ name }) => name)).toEqual(['mail', 'story']);
});

for (const { name, accuracy = Number.NaN } of images)
  test(`${name}: picked from its card, as accurate as its training log says, predictions with pictures`, async ({
    page,
  }) => {
    await page.goto('./');
    const card = page.getByTestId(`sample-${name}`);
    await expect(card.locator('img')).toHaveJSProperty('complete', true);
    expect(
      await card.locator('img').evaluate((image: HTMLImageElement) => image.naturalWidth),
    ).toBeGreaterThan(0);
    await card.click();
    await measured(page);
    const here = Number.parseFloat((await row(page, 'accuracy')).before) / 100;
    // 1,000 of the 10,000 test images: ± 3 points are more than three standard errors.
    expect(
      Math.abs(here - accuracy),
      `${here} here, ${accuracy} on the whole test set`,
    ).toBeLessThan(0.03);
    await page.getByTestId('bit-width').getByRole('radio', { name: '2', exact: true }).check();
    await measured(page);
    await expect(page.getByTestId('prediction').first().locator('canvas, img')).toBeVisible();
    await expect(page.getByTestId('why-panel')).toContainText(/\w/);
  });

for (const { name, accuracy, perplexity = Number.NaN, testTokens = 0 } of texts)
  test(`${name}: picked from its card, measured on the text it comes with`, async ({ page }) => {
    await page.goto('./');
    await page.getByTestId(`sample-${name}`).click();
    await expect(page.getByTestId('data-name')).toContainText(name);
    await measured(page);
    if (accuracy === undefined) {
      const here = Number.parseFloat((await row(page, 'perplexity')).before);
      // All windows that were held out, as when it was trained.
      expect(
        Math.abs(here / perplexity - 1),
        `${here} here, ${perplexity} when trained`,
      ).toBeLessThan(0.005);
      await expect(page.getByTestId('figure-quality')).toContainText(
        `on ${testTokens.toLocaleString('en-US')} tokens`,
      );
      await expect(page.getByTestId('chart-trade-off')).toContainText('lower is better');
      return;
    }
    const here = Number.parseFloat((await row(page, 'accuracy')).before) / 100;
    expect(
      Math.abs(here - accuracy),
      `${here} here, ${accuracy} on all mails that were held out`,
    ).toBeLessThan(0.03);
    await expect(page.getByTestId('prediction').first()).toContainText(/\w/);
  });
