import { openIsolated } from './support/studio.ts';
import { expect, test } from './support/test.ts';

test('a host without headers becomes isolated after one reload', async ({ page }) => {
  let loads = 0;
  page.on('load', () => (loads += 1));
  await openIsolated(page);
  await expect.poll(() => loads).toBe(2);
  // Through the service worker every script has the policy, which workers take from their own response.
  const policy = await page.evaluate(async () => {
    const script = document.querySelector<HTMLScriptElement>('script[src]');
    return (await fetch(script?.src ?? '')).headers.get('content-security-policy');
  });
  expect(policy).toContain("connect-src 'self'");
});

test('without isolation the studio still opens', async ({ page }) => {
  await page.goto('/?isolation=off');
  await expect(page.getByRole('heading', { level: 1 }).first()).toBeVisible();
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
  const registrations = await page.evaluate(
    async () => (await navigator.serviceWorker.getRegistrations()).length,
  );
  expect(registrations).toBe(0);
});

test('where service workers are refused the studio opens with one thread', async ({ page }) => {
  await page.addInitScript(() => {
    navigator.serviceWorker.register = () => Promise.reject(new Error('refused'));
  });
  await page.goto('/');
  await expect(page.getByRole('heading', { level: 1 }).first()).toBeVisible();
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
});
