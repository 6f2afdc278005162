import { readFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium, type Browser, type Page } from '@playwright/test';
import { preview } from 'vite';
import { writeBytes, type Model } from '../src/engine/index.ts';
import { launchOptions } from '../e2e/support/launch.ts';
import { convNet25M, matrices } from './large-models.ts';

/**
 * The studio as built (`npm run build` first), in Chromium: how soon the summary of a 100 MB file stands on the screen and what memory
 * that takes, and how soon exact figures follow the slider at 25 M parameters. Times are taken inside the page with its own clock.
 */
export async function studio(): Promise<void> {
  const outDir = process.env['WHITTLE_DIST'] ?? 'dist';
  const server = await preview({ build: { outDir }, preview: { port: 4397, strictPort: true }, logLevel: 'error' });
  const folder = mkdtempSync(path.join(tmpdir(), 'whittle-bench-'));
  const browser = await chromium.launch(launchOptions());
  try {
    const url = 'http://localhost:4397/';
    await dropLarge(browser, url, save(folder, 'matrices-100MB.onnx', matrices(100)));
    await moveSlider(browser, url, save(folder, 'conv-25M.onnx', convNet25M()));
  } finally {
    await browser.close();
    await server.close();
    rmSync(folder, { recursive: true });
  }
}

function save(folder: string, name: string, model: Model): string {
  const file = path.join(folder, name);
  writeFileSync(file, writeBytes(model));
  return file;
}

async function openStudio(browser: Browser, url: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, locale: 'en-US' });
  // tsx keeps function names with a helper that does not exist inside the page.
  await page.addInitScript('globalThis.__name = (value) => value');
  await page.goto(url);
  await page.getByTestId('drop-area').waitFor();
  return page;
}

/** Marks in the page when an element that matches first shows text that matches. */
const watchFor = (page: Page, selector: string): Promise<void> =>
  page.evaluate((wanted) => {
    const state = globalThis as unknown as { seenMs: number | undefined; startMs: number };
    state.seenMs = undefined;
    const look = (): void => {
      if (state.seenMs !== undefined || document.querySelector(wanted) === null) return;
      requestAnimationFrame(() => {
        state.seenMs ??= performance.now();
      });
    };
    new MutationObserver(look).observe(document, {
      subtree: true,
      childList: true,
      characterData: true,
    });
    addEventListener('change', () => (state.startMs = performance.now()), { capture: true });
  }, selector);

async function dropLarge(browser: Browser, url: string, file: string): Promise<void> {
  const bytes = readFileSync(file).byteLength;
  for (let i = 0; i < 3; i++) {
    const page = await openStudio(browser, url);
    await watchFor(page, '[data-testid="model-facts"]');
    const before = rendererBytes();
    const samples: { atMs: number; bytes: number }[] = [];
    const timer = setInterval(() => samples.push({ atMs: Date.now(), bytes: rendererBytes() }), 10);
    await page.locator('input[type=file]').first().setInputFiles(file);
    await page.waitForFunction(() => (globalThis as unknown as { seenMs?: number }).seenMs !== undefined);
    clearInterval(timer);
    const { seenMs, startMs, originMs } = await page.evaluate(() => {
      const state = globalThis as unknown as { seenMs: number; startMs: number };
      return { seenMs: state.seenMs, startMs: state.startMs, originMs: performance.timeOrigin };
    });
    // What comes after the summary (a session, the first measurement) is not counted.
    const until = samples.filter(({ atMs }) => atMs <= originMs + seenMs);
    const peak = until.reduce((most, { bytes: held }) => Math.max(most, held), before);
    console.log(
      `  100 MB drop → summary: ${(seenMs - startMs).toFixed(0)} ms (target ≤ 1,000); extra memory ${((peak - before) / 2 ** 20).toFixed(0)} MB = ${((peak - before) / bytes).toFixed(2)} × file (target ≤ 0.3)`,
    );
    await page.close();
  }
}

/** Proportional set size of all renderer processes of this machine's Chromium, from the kernel. */
function rendererBytes(): number {
  let total = 0;
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      if (!readFileSync(`/proc/${entry}/cmdline`, 'utf8').includes('--type=renderer')) continue;
      const pss = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${entry}/smaps_rollup`, 'utf8'));
      total += Number(pss?.[1] ?? 0) * 1024;
    } catch {
      // The process ended between the listing and the reading.
    }
  }
  return total;
}

async function moveSlider(browser: Browser, url: string, file: string): Promise<void> {
  const page = await openStudio(browser, url);
  await page.locator('input[type=file]').first().setInputFiles(file);
  await page.getByTestId('model-facts').waitFor();
  await page.getByTestId('figure-latency').getByText(/ms/).first().waitFor({ timeout: 180_000 });
  const slider = page.getByRole('slider').first();
  await slider.focus();
  await page.keyboard.press('ArrowRight');
  await page.locator('[data-testid="row-nonzero"]').waitFor();
  const times = await page.evaluate(async () => {
    const taken: number[] = [];
    const input = document.activeElement as HTMLInputElement;
    const row = document.querySelector('[data-testid="row-nonzero"]') as HTMLElement;
    const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set;
    for (let i = 0; i < 60; i++) {
      const before = row.textContent;
      const startMs = performance.now();
      set?.call(input, String(Number(input.value) + (Number(input.step) || 1)));
      input.dispatchEvent(new Event('input', { bubbles: true }));
      input.dispatchEvent(new Event('change', { bubbles: true }));
      while (row.textContent === before && performance.now() - startMs < 3000)
        await new Promise((resolve) => requestAnimationFrame(resolve));
      taken.push(performance.now() - startMs);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    return taken;
  });
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): string =>
    (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN).toFixed(0);
  console.log(
    `  slider → exact figures at 25 M parameters: median ${at(0.5)} ms, p95 ${at(0.95)} ms, worst ${at(1)} ms of ${sorted.length} moves (target p95 ≤ 100)`,
  );
  await page.close();
}
