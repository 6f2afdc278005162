import { readFileSync } from 'node:fs';
import path from 'node:path';
import { measured, root, row } from './support/studio.ts';
import { expect, test } from './support/test.ts';

interface Sample {
  readonly name: string;
  readonly accuracy: number;
}
const index = JSON.parse(
  readFileSync(path.join(root, 'public', 'samples', 'index.json'), 'utf8'),
) as { samples: readonly Sample[] };

test('there are three samples', () => {
  expect(index.samples.map(({ name }) => name)).toEqual(['digits', 'fashion', 'fashion-mobile']);
});

for (const { name, accuracy } of index.samples)
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
