import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from '@playwright/test';
import { violations } from './support/axe.ts';
import { cancelMs, jobLine, measured, openSample, pruning, root, row } from './support/studio.ts';
import { expect, test } from './support/test.ts';

/** The text samples, as a person reads them: mails told apart, and a story that both models go on with. */

const mailLog = path.join(root, 'public', 'samples', 'mail', 'training-log.json');
const { value: heldOutAccuracy } = (
  JSON.parse(readFileSync(mailLog, 'utf8')) as { heldOut: { value: number } }
).heldOut;
const part = (page: Page, name: string) => page.getByTestId(`text-${name}`);
const written = (page: Page) => page.getByTestId('written');
const done = (page: Page) =>
  expect(written(page)).toHaveAttribute('data-state', 'done', { timeout: 30_000 });

test('mail: as accurate as its log says, and pruning changes predictions that can be read', async ({
  page,
}) => {
  await openSample(page, 'mail');
  await expect(page.getByTestId('text-line')).toContainText('6,000 tokens');
  // A fifth of the mails held out, to be quick; samples.spec.ts asks more of them.
  await page.getByTestId('sample-count').fill('200');
  await measured(page);
  const [low = 1, high = 0] = ((await row(page, 'interval')).before.match(/[\d.]+/g) ?? []).map(
    (percent) => Number(percent) / 100,
  );
  expect(low, `${low} to ${high}`).toBeLessThan(heldOutAccuracy);
  expect(high, `${low} to ${high}`).toBeGreaterThan(heldOutAccuracy);
  await pruning(page).fill('0.8');
  await measured(page);
  const { before, after } = await row(page, 'accuracy');
  expect(after).not.toBe(before);
  await expect(page.getByTestId('changed-count')).toContainText(/^[1-9]\d* of 200/);
  const first = page.getByTestId('prediction').first();
  await expect(first).toHaveAttribute('data-changed', 'true');
  await expect(first.locator('.prediction-text')).toContainText(/\w+ \w+/);
  await expect(first.locator('.scores')).toHaveCount(2);
});

test('story: both models go on with a text, side by side, with their speeds', async ({ page }) => {
  const recipe = { steps: [{ method: 'quantize-weights', bits: 2 }] };
  await openSample(page, 'story', recipe);
  await page.getByTestId('chart-tab-text').click();
  const prompt = 'The whale rose out of the sea, and';
  await part(page, 'prompt').fill(prompt);
  await part(page, 'tokens').fill('30');
  await part(page, 'prompt').press('Enter');
  await done(page);
  for (const side of ['original', 'variant'] as const) {
    const text = await part(page, `${side}-text`).innerText();
    expect(text.startsWith(prompt)).toBe(true);
    expect(text.length).toBeGreaterThan(prompt.length + 40);
    const speed = await part(page, `${side}-speed`).innerText();
    expect(Number.parseFloat(speed), speed).toBeGreaterThan(1);
  }
  // Two bits a weight leave no two texts alike: the first word that differs is marked in both.
  const [a, b] = await Promise.all(
    (['original', 'variant'] as const).map((side) => part(page, `${side}-mark`).innerText()),
  );
  expect(a).not.toBe(b);
  await expect(page.getByTestId('text-outcome')).toContainText('part');

  await test.step('by chance: the same seed tells the same story again, another one another', async () => {
    const draw = async (seed: string): Promise<string> => {
      await part(page, 'seed').fill(seed);
      await part(page, 'go').click();
      await expect(written(page)).toHaveAttribute('data-state', 'running');
      await done(page);
      return part(page, 'original-text').innerText();
    };
    await part(page, 'mode').getByRole('radio').nth(1).check();
    const first = await draw('3');
    expect(await draw('4')).not.toBe(first);
    expect(await draw('3')).toBe(first);
  });

  await test.step('stopped within a token, what was written stays', async () => {
    await part(page, 'tokens').fill('256');
    await part(page, 'go').click();
    await expect(part(page, 'variant-speed')).toBeVisible();
    expect(await cancelMs(page)).toBeLessThan(200);
    await expect(written(page)).toHaveAttribute('data-state', 'stopped');
    expect((await part(page, 'original-text').innerText()).length).toBeGreaterThan(prompt.length);
  });
});

test('nothing typed, nothing asked; a number out of range says its range', async ({ page }) => {
  await openSample(page, 'story');
  await page.getByTestId('chart-tab-text').click();
  await part(page, 'prompt').fill('  ');
  await expect(part(page, 'go')).toBeDisabled();
  await part(page, 'prompt').fill('Call me');
  await part(page, 'tokens').fill('0');
  await expect(page.getByTestId('text-form')).toContainText('A number from 1 to 256.');
  await expect(part(page, 'go')).toBeDisabled();
  await part(page, 'tokens').fill('3');
  await part(page, 'go').click();
  await done(page);
  await expect(part(page, 'variant')).toHaveCount(0);
  await expect(jobLine(page)).toHaveAttribute('data-state', /idle|running/);
});

for (const locale of ['en-US', 'ko-KR'])
  test.describe(`axe finds nothing in the text tab: ${locale}`, () => {
    test.use({ locale });
    test('in both themes, on desktop and phone', async ({ page }) => {
      await openSample(page, 'story', { steps: [{ method: 'quantize-weights', bits: 2 }] });
      await page.getByTestId('chart-tab-text').click();
      await part(page, 'mode').getByRole('radio').nth(1).check();
      await part(page, 'tokens').fill('8');
      await part(page, 'go').click();
      await done(page);
      const found: string[] = [];
      for (const size of [
        { width: 1440, height: 900 },
        { width: 390, height: 844 },
      ]) {
        await page.setViewportSize(size);
        if (size.width < 768) await page.getByTestId('tab-charts').click();
        await expect(written(page)).toBeVisible();
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme });
          for (const violation of await violations(page))
            found.push(`${size.width}, ${colorScheme}: ${violation}`);
        }
      }
      expect(found).toEqual([]);
    });
  });
