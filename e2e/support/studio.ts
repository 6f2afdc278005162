import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Download, Locator, Page } from '@playwright/test';
import { expect } from './test.ts';

/** The studio as a person meets it: what there is to touch, and what there is to read. */

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const digitsFile = path.join(root, 'public', 'samples', 'digits', 'model.onnx');

/** Drops files (or folders) of the disk on the page: the browser's own drag, not an event made by a script. */
export async function dropFiles(page: Page, ...files: readonly string[]): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: [...files], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await session.send('Input.dispatchDragEvent', { type, x: 300, y: 200, data });
  await session.detach();
}

/** Opens a sample by the page's address, with a recipe if one is given, and waits for its summary. */
export async function openSample(page: Page, name = 'digits', recipe?: object): Promise<void> {
  await page.goto(`./${sampleHash(name, recipe)}`);
  await expect(page.getByTestId('model-facts')).toBeVisible();
}

/** Opens the studio on a host without headers, where a service worker isolates it by loading it once more. */
export async function openIsolated(page: Page): Promise<void> {
  await page.goto('./', { waitUntil: 'commit' });
  await expect.poll(() => page.evaluate(() => crossOriginIsolated).catch(() => false)).toBe(true);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
}

export const sampleHash = (name: string, recipe?: object): string =>
  `#v=1&sample=${name}${recipe === undefined ? '' : `&recipe=${encode(recipe)}`}`;

const encode = (recipe: object): string =>
  Buffer.from(JSON.stringify(recipe)).toString('base64url');

/** The recipe that the address holds now. */
export function recipeInAddress(page: Page): unknown {
  const fields = new URLSearchParams(new URL(page.url()).hash.slice(1));
  const text = Buffer.from(fields.get('recipe') ?? '', 'base64url').toString();
  return text === '' ? undefined : JSON.parse(text);
}

export const jobLine = (page: Page): Locator => page.getByTestId('job-line');
export const pruning = (page: Page): Locator => page.getByTestId('pruning-ratio');
export const bits = (page: Page, width: number): Locator =>
  page.getByTestId('bit-width').getByRole('radio', { name: String(width), exact: true });

/** All that has to be measured of the recipe on screen is measured, and nothing the person waits for is under way. */
export async function measured(page: Page): Promise<void> {
  const patience = { timeout: 60_000 };
  for (const figure of ['figure-quality', 'figure-latency'])
    await expect(page.getByTestId(figure)).toHaveAttribute('data-kind', 'measured', patience);
  await expect(jobLine(page)).toHaveAttribute('data-state', 'idle', patience);
}

/** What the before/after table says in one row. */
export async function row(page: Page, key: string): Promise<{ before: string; after: string }> {
  const cells = page.getByTestId(`row-${key}`).getByRole('cell');
  const [before = '', after = ''] = await cells.allInnerTexts();
  return { before, after };
}

/** Presses the button and waits for the file it hands over. */
export async function download(
  page: Page,
  testId: string,
): Promise<{ file: string; name: string }> {
  const promise: Promise<Download> = page.waitForEvent('download');
  await page.getByTestId(testId).click();
  const made = await promise;
  return { file: await made.path(), name: made.suggestedFilename() };
}

/** Milliseconds, on the page's own clock, from the click on Cancel until the page is idle again. */
export const cancelMs = (page: Page): Promise<number> =>
  page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const line = document.querySelector<HTMLElement>('[data-testid=job-line]');
        const button = document.querySelector<HTMLElement>('[data-testid=cancel]');
        const startMs = performance.now();
        new MutationObserver((_, observer) => {
          if (line?.dataset['state'] === 'running') return;
          observer.disconnect();
          resolve(performance.now() - startMs);
        }).observe(line as HTMLElement, { attributes: true });
        button?.click();
      }),
  );
