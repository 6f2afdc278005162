import { bits, measured, openSample, pruning } from './support/studio.ts';
import { expect, test } from './support/test.ts';

test('undo and redo, by button and by keys: dials and figures follow at once', async ({ page }) => {
  await openSample(page);
  await measured(page);
  const size = page.getByTestId('figure-size');
  const sizes: string[] = [await size.innerText()];
  await bits(page, 8).check();
  await measured(page);
  sizes.push(await size.innerText());
  await bits(page, 4).check();
  await measured(page);
  sizes.push(await size.innerText());
  expect(new Set(sizes).size, sizes.join(' / ')).toBe(3);

  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(bits(page, 8)).toBeChecked();
  await measured(page);
  await expect(size).toHaveText(sizes[1]?.replaceAll(/\s+/g, ' ') ?? '', { useInnerText: true });
  await page.keyboard.press('Control+z');
  await expect(bits(page, 32)).toBeChecked();
  await expect(page.getByRole('button', { name: 'Undo' })).toBeDisabled();
  await page.keyboard.press('Control+Shift+z');
  await expect(bits(page, 8)).toBeChecked();
  await page.getByRole('button', { name: 'Redo' }).click();
  await expect(bits(page, 4)).toBeChecked();
  await expect(page.getByRole('button', { name: 'Redo' })).toBeDisabled();
  await measured(page);
});

test('a drag of the slider is one change', async ({ page }) => {
  await openSample(page);
  await measured(page);
  const box = await pruning(page).boundingBox();
  if (box === null) throw new Error('the slider is not in view');
  await page.mouse.move(box.x + 8, box.y + box.height / 2);
  await page.mouse.down();
  for (const share of [0.2, 0.5, 0.3, 0.7])
    await page.mouse.move(box.x + share * box.width, box.y + box.height / 2, { steps: 4 });
  await page.mouse.up();
  expect(Number(await pruning(page).inputValue())).toBeGreaterThan(0.5);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(pruning(page)).toHaveValue('0');
  await expect(page.getByRole('button', { name: 'Undo' })).toBeDisabled();
});
