import { expect, test } from './support/test.ts';

test('the studio opens, isolated', async ({ page }) => {
  await page.goto('/');
  await expect(page.getByRole('heading', { level: 1 }).first()).toBeVisible();
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
  // Where the host sends the headers, no service worker is needed for them.
  expect(await page.evaluate(async () => (await caches.keys()).length)).toBe(0);
  const workers = await page.evaluate(async () =>
    (await navigator.serviceWorker.getRegistrations()).map((one) => one.active?.scriptURL),
  );
  expect(workers.filter((url) => url?.includes('isolation-sw'))).toEqual([]);
});

test('every response carries the policy, scripts of workers too', async ({ page, request }) => {
  await page.goto('/');
  const script = await page.locator('script[src]').first().getAttribute('src');
  for (const path of ['/', script ?? '']) {
    const headers = (await request.get(path)).headers();
    expect(headers['content-security-policy'], path).toContain("connect-src 'self'");
    expect(headers['content-security-policy'], path).not.toContain('unsafe-inline');
    expect(headers['cross-origin-embedder-policy'], path).toBe('require-corp');
    expect(headers['cross-origin-opener-policy'], path).toBe('same-origin');
  }
});

test('the page cannot send anything to another origin', async ({ page, problems }) => {
  problems.expect(/policy: connect-src http:\/\/localhost:1/);
  problems.expect(/console: .*violates the following Content Security Policy/);
  problems.expect(/console: Failed to load|console: Fetch API cannot load|console: .*connect-src/);
  await page.goto('/');
  const outcome = await page.evaluate(() =>
    fetch('http://localhost:1/').then(
      () => 'sent',
      () => 'refused',
    ),
  );
  expect(outcome).toBe('refused');
});
