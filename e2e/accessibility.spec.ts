import type { Locator, Page } from '@playwright/test';
import { violations } from './support/axe.ts';
import { measured, openSample } from './support/studio.ts';
import { expect, test } from './support/test.ts';

const sizes = [
  { name: 'desktop', width: 1440, height: 900 },
  { name: 'phone', width: 390, height: 844 },
] as const;
const recipe = { steps: [{ method: 'prune-weights', ratio: 0.4 }, { method: 'quantize-int8' }] };

for (const locale of ['en-US', 'ko-KR'])
  test.describe(`axe finds nothing: ${locale}`, () => {
    test.use({ locale, colorScheme: 'light' });

    test('start page', async ({ page }) => {
      await page.goto('./');
      await expect(page.getByTestId('sample-digits')).toBeVisible();
      await everyLook(page);
    });

    test('studio', async ({ page }) => {
      await openSample(page, 'digits', recipe);
      await measured(page);
      await everyLook(page, (size) =>
        size === 'phone' ? page.getByRole('navigation').getByRole('button') : page.getByRole('tab'),
      );
      await page.setViewportSize(sizes[0]);
      await page.getByTestId('export').click();
      await expect(page.getByTestId('export-ready')).toBeVisible({ timeout: 30_000 });
      expect(await violations(page), 'export dialog').toEqual([]);
    });
  });

/** Both sizes, both themes, and every tab that `tabsOf` names. */
async function everyLook(
  page: Page,
  tabsOf: (size: 'desktop' | 'phone') => Locator | undefined = () => undefined,
): Promise<void> {
  const found: string[] = [];
  for (const { name, ...size } of sizes) {
    await page.setViewportSize(size);
    const tabs = tabsOf(name);
    await tabs?.first().waitFor();
    for (const tab of (await tabs?.all()) ?? [undefined]) {
      await tab?.click();
      const where = `${name}, ${(await tab?.innerText()) ?? 'page'}`;
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        for (const violation of await violations(page))
          found.push(`${where}, ${colorScheme}: ${violation}`);
      }
    }
  }
  expect(found).toEqual([]);
}
