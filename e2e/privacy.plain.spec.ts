import type { Page } from '@playwright/test';
import { watchOutside } from './support/outside.ts';
import { bits, download, measured, openIsolated, pruning, sampleHash } from './support/studio.ts';
import { expect, test } from './support/test.ts';

/*
 * On a host without headers, so that the service worker is there too. Two watchers: a proxy that sees whatever leaves the machine, and the
 * browser's own list of requests. That each of them sees a request when there is one is asserted first.
 */

test('nothing leaves the device: page, workers, service worker', async ({ browser, baseURL }) => {
  const outside = await watchOutside(browser, baseURL);
  const { context, asked } = outside;
  const requests: string[] = [];
  context.on('request', (request) => requests.push(request.url()));
  const page = await context.newPage();
  await page.addInitScript(() => {
    const kept: string[] = [];
    Reflect.set(globalThis, 'violations', kept);
    document.addEventListener('securitypolicyviolation', (event) => kept.push(event.blockedURI));
  });
  await openIsolated(page);
  await page.getByTestId('sample-digits').click();
  await measured(page);
  await pruning(page).fill('0.5');
  await bits(page, 8).check();
  await measured(page);
  for (const tab of await page.getByRole('tab').all()) await tab.click();
  await page.getByTestId('export').click();
  await expect(page.getByTestId('export-ready')).toBeVisible({ timeout: 30_000 });
  for (const file of ['download-model', 'download-recipe', 'download-report'])
    await download(page, file);

  expect(asked, 'what went out').toEqual([]);
  const origins = new Set(
    requests.filter((url) => url.startsWith('http')).map((url) => new URL(url).origin),
  );
  expect([...origins]).toEqual([baseURL]);
  expect(await page.evaluate(() => Reflect.get(globalThis, 'violations'))).toEqual([]);
  expect(
    requests.some((url) => url.endsWith('.wasm')),
    'requests of workers are seen',
  ).toBe(true);
  console.log(`${requests.length} requests, all to ${baseURL}; ${asked.length} to the outside`);
  await outside.close();
});

test('control: a request to the outside is seen, from wherever it is made', async ({
  browser,
  baseURL,
  problems,
}) => {
  // The requests are planted where no policy forbids them, so that they do go out.
  const outside = await watchOutside(browser, baseURL);
  const page = await outside.context.newPage();
  await openIsolated(page);
  const [serviceWorker] = outside.context.serviceWorkers();
  await serviceWorker?.evaluate(send, 'http://outside.test/service-worker');
  await page.goto(`./?isolation=off${sampleHash('digits')}`);
  const blank = await outside.context.newPage();
  await blank.evaluate(send, 'http://outside.test/page');
  await inWorker(blank, 'http://outside.test/worker');
  const seen = (): Set<string | undefined> =>
    new Set(outside.asked.map((line) => line.split(' ')[1]));
  const planted = ['page', 'worker', 'service-worker'].map((name) => `http://outside.test/${name}`);
  await expect.poll(seen).toEqual(new Set(planted));
  expect(problems.unexpected()).toEqual([]);
  await outside.close();
});

const send = (url: string): Promise<unknown> =>
  fetch(url, { mode: 'no-cors' }).catch(() => undefined);

const inWorker = (page: Page, url: string): Promise<unknown> =>
  page.evaluate(
    (address) =>
      new Promise((resolve) => {
        const source = `fetch(${JSON.stringify(address)}, { mode: 'no-cors' }).finally(() => postMessage(0))`;
        const worker = new Worker(URL.createObjectURL(new Blob([source])));
        worker.onmessage = resolve;
        worker.onerror = resolve;
      }),
    url,
  );
