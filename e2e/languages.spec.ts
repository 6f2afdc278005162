import { bits, measured, openSample, pruning } from './support/studio.ts';
import { expect, test } from './support/test.ts';

const recipe = { steps: [{ method: 'prune-weights', ratio: 0.3 }, { method: 'quantize-int8' }] };

test.describe('a Korean browser', () => {
  test.use({ locale: 'ko-KR' });

  test('meets Korean from the first string on, everywhere', async ({ page }) => {
    await page.goto('./');
    await expect(page.locator('html')).toHaveAttribute('lang', 'ko');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(/[가-힣]/);
    await page.getByTestId('sample-digits').click();
    await measured(page);
    await bits(page, 8).check();
    await pruning(page).fill('0.3');
    await measured(page);
    await expect(page.getByTestId('headline')).toContainText('정확도');
    const english: string[] = [];
    for (const tab of await page.getByRole('tab').all()) {
      await tab.click();
      english.push(...(await page.evaluate(wordsWithoutHangul)));
    }
    expect(english).toEqual([]);
  });
});

test('the language is switched, kept over a reload, and numbers follow', async ({ page }) => {
  await openSample(page, 'digits', recipe);
  await measured(page);
  await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  const before = await page.getByTestId('figure-size-after').innerText();
  await page.getByRole('button', { name: /한국어/ }).click();
  await expect(page.locator('html')).toHaveAttribute('lang', 'ko');
  await expect(page.getByTestId('headline')).toContainText('정확도');
  expect(await page.getByTestId('figure-size-after').innerText(), 'the same number').toContain(
    before.match(/[\d.]+/)?.[0],
  );
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('lang', 'ko');
  await expect(page.getByTestId('model-facts')).toBeVisible();
  await page.getByTestId('language').click();
  await expect(page.getByTestId('headline')).toContainText('Accuracy');
});

test('a file that is refused is refused in Korean too', async ({ page }) => {
  await page.goto('./');
  await page.getByTestId('language').click();
  await page
    .getByTestId('choose-files')
    .setInputFiles({ name: 'page.onnx', mimeType: '', buffer: Buffer.from('<html>') });
  await expect(page.getByRole('alert')).toContainText('파일을 열지 못했습니다');
});

/**
 * Sentences on the page with three or more Latin words in a row: what was forgotten in translation. What stays English on purpose says
 * so (`lang="en"`, `code`), or is a name of the model's own.
 */
function wordsWithoutHangul(): string[] {
  const found: string[] = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const text = node.textContent ?? '';
    const parent = node.parentElement;
    if (parent === null || parent.closest('[lang=en], code, script, style, option, svg') !== null)
      continue;
    if (
      /[A-Za-z]{2,}\s+[A-Za-z]{2,}\s+[A-Za-z]{2,}/.test(text) ||
      /^[a-z]+\.(?!onnx$)[a-zA-Z.-]+$/.test(text)
    )
      found.push(text);
  }
  return found;
}
