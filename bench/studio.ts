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
  const server = await preview({
    build: { outDir },
    preview: { port: 4397, strictPort: true },
    logLevel: 'error',
  });
  const folder = mkdtempSync(path.join(tmpdir(), 'whittle-bench-'));
  const launched = await chromium.launchServer(launchOptions());
  const browser = await chromium.connect(launched.wsEndpoint());
  try {
    const url = 'http://localhost:4397/';
    await dropLarge(
      browser,
      launched.process().pid ?? 0,
      url,
      save(folder, 'matrices-100MB.onnx', matrices(100)),
    );
    await moveSlider(browser, url, save(folder, 'conv-25M.onnx', convNet25M()));
  } finally {
    await launched.close();
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

async function dropLarge(
  browser: Browser,
  processId: number,
  url: string,
  file: string,
): Promise<void> {
  const bytes = readFileSync(file).byteLength;
  for (let i = 0; i < 3; i++) {
    const page = await openStudio(browser, url);
    await watchFor(page, '[data-testid="model-facts"]');
    const before = rendererBytes(processId);
    const samples: { atMs: number; bytes: number }[] = [];
    const timer = setInterval(
      () => samples.push({ atMs: Date.now(), bytes: rendererBytes(processId) }),
      10,
    );
    await page.locator('input[type=file]').first().setInputFiles(file);
    await page.waitForFunction(
      () => (globalThis as unknown as { seenMs?: number }).seenMs !== undefined,
    );
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

/** Proportional set size of this browser's renderer processes, from the kernel. */
function rendererBytes(root: number): number {
  const parents = new Map<number, number>();
  for (const entry of readdirSync('/proc')) {
    const stat = /^\d+$/.test(entry) ? read(`/proc/${entry}/stat`) : undefined;
    const parent = stat === undefined ? undefined : /\) \S (\d+)/.exec(stat)?.[1];
    if (parent !== undefined) parents.set(Number(entry), Number(parent));
  }
  const descends = (id: number): boolean =>
    id === root || (id > 1 && descends(parents.get(id) ?? 0));
  let total = 0;
  for (const id of parents.keys()) {
    if (!descends(id) || !read(`/proc/${id}/cmdline`)?.includes('--type=renderer')) continue;
    const pss = /^Pss:\s+(\d+) kB/m.exec(read(`/proc/${id}/smaps_rollup`) ?? '');
    total += Number(pss?.[1] ?? 0) * 1024;
  }
  return total;
}

/** undefined when the process ended between the listing and the reading. */
function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

async function moveSlider(browser: Browser, url: string, file: string): Promise<void> {
  const page = await openStudio(browser, url);
  await page.locator('input[type=file]').first().setInputFiles(file);
  await page.getByTestId('model-facts').waitFor();
  await page.getByTestId('figure-latency').getByText(/ms/).first().waitFor({ timeout: 180_000 });
  await page.getByRole('slider').first().focus();
  await page.keyboard.press('ArrowRight');
  await page.evaluate(() => {
    const state = globalThis as unknown as { times: number[]; keyMs: number | undefined };
    state.times = [];
    addEventListener('keydown', () => (state.keyMs = performance.now()), { capture: true });
    const row = document.querySelector('[data-testid="row-nonzero"]') as HTMLElement;
    let shown = row.textContent;
    new MutationObserver(() => {
      if (row.textContent === shown || state.keyMs === undefined) return;
      shown = row.textContent;
      const startMs = state.keyMs;
      state.keyMs = undefined;
      requestAnimationFrame(() => state.times.push(performance.now() - startMs));
    }).observe(row, { subtree: true, childList: true, characterData: true });
  });
  const moves = 60;
  for (let i = 0; i < moves; i++) {
    await page.keyboard.press('ArrowRight');
    await page.waitForFunction(
      (count) => (globalThis as unknown as { times: number[] }).times.length > count,
      i,
    );
  }
  const times = await page.evaluate(() => (globalThis as unknown as { times: number[] }).times);
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): string =>
    (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN).toFixed(0);
  console.log(
    `  slider → exact figures at 25 M parameters: median ${at(0.5)} ms, p95 ${at(0.95)} ms, worst ${at(1)} ms of ${sorted.length} moves (target p95 ≤ 100)`,
  );
  await page.close();
}
