import { readFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
  try {
    const url = 'http://localhost:4397/';
    await openLarge(
      url,
      save(folder, 'matrices-4MB.onnx', matrices(4)),
      save(folder, 'matrices-100MB.onnx', matrices(100)),
    );
    await moveSlider(url, save(folder, 'conv-25M.onnx', convNet25M()));
  } finally {
    await server.close();
    rmSync(folder, { recursive: true });
  }
}

function save(folder: string, name: string, model: Model): string {
  const file = path.join(folder, name);
  writeFileSync(file, writeBytes(model));
  return file;
}

type RendererBytes = () => Promise<number>;

/** A browser of its own for each measurement, so that no page before it counts. */
async function inStudio<T>(
  url: string,
  work: (page: Page, rendererBytes: RendererBytes) => Promise<T>,
): Promise<T> {
  const browser = await chromium.launch(launchOptions());
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, locale: 'en-US' });
    // tsx keeps function names with a helper that does not exist inside the page.
    await page.addInitScript('globalThis.__name = (value) => value');
    await page.goto(url);
    await page.getByTestId('drop-area').waitFor();
    return await work(page, await memoryOf(browser));
  } finally {
    await browser.close();
  }
}

interface Opening {
  readonly ms: number;
  readonly extraBytes: number;
}

/** From the file being handed over until the frame that shows its summary; memory is that of the page's process and its workers. */
const opening = (url: string, file: string): Promise<Opening> =>
  inStudio(url, async (page, rendererBytes) => {
    await page.evaluate(() => {
      const state = globalThis as unknown as { seenMs: number | undefined; startMs: number };
      const look = (): void => {
        if (
          state.seenMs !== undefined ||
          document.querySelector('[data-testid="model-facts"]') === null
        )
          return;
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
    });
    // The code of the studio itself is fetched while the empty page is idle.
    await page.waitForTimeout(1500);
    const before = await rendererBytes();
    const samples: { atMs: number; bytes: number }[] = [];
    const timer = setInterval(() => {
      void rendererBytes().then((bytes) => samples.push({ atMs: Date.now(), bytes }));
    }, 15);
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
    const peak = until.reduce((most, { bytes }) => Math.max(most, bytes), before);
    return { ms: seenMs - startMs, extraBytes: peak - before };
  });

async function openLarge(url: string, control: string, large: string): Promise<void> {
  const bytes = readFileSync(large).byteLength;
  const pairs: { small: Opening; big: Opening }[] = [];
  for (let i = 0; i < 5; i++)
    pairs.push({ small: await opening(url, control), big: await opening(url, large) });
  const mid = (of: (pair: (typeof pairs)[number]) => number): number =>
    pairs.map(of).toSorted((a, b) => a - b)[2] ?? NaN;
  const megabytes = (size: number): string => `${(size / 2 ** 20).toFixed(0)} MB`;
  console.log(
    `  100 MB drop → summary: median ${mid(({ big }) => big.ms).toFixed(0)} ms of 5 (target ≤ 1,000), ${mid(({ small, big }) => big.ms / small.ms).toFixed(2)} × a 4 MB file's`,
  );
  console.log(
    `  extra memory until then: median ${megabytes(mid(({ big }) => big.extraBytes))}, a 4 MB file's ${megabytes(mid(({ small }) => small.extraBytes))}; pairwise ${(mid(({ small, big }) => big.extraBytes - small.extraBytes) / bytes).toFixed(2)} × file (target ≤ 0.3)`,
  );
}

/** Proportional set size of a browser's renderer processes: the browser says which they are, the kernel what they hold. */
async function memoryOf(browser: Browser): Promise<RendererBytes> {
  const session = await browser.newBrowserCDPSession();
  return async () => {
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    const renderers = processInfo.filter(({ type }) => type === 'renderer');
    return renderers.reduce((total, { id }) => {
      const pss = /^Pss:\s+(\d+) kB/m.exec(read(`/proc/${id}/smaps_rollup`) ?? '');
      return total + Number(pss?.[1] ?? 0) * 1024;
    }, 0);
  };
}

/** undefined when the process ended between the listing and the reading. */
function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

const moveSlider = (url: string, file: string): Promise<void> =>
  inStudio(url, async (page) => {
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
  });
