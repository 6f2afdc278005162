import { expect, test } from './support/test.ts';

test('a WebGPU device is there to test with', async ({ page }) => {
  await page.goto('/');
  const vendor = await page.evaluate(async () => {
    const adapter = await navigator.gpu.requestAdapter();
    if (adapter === null) return null;
    const device = await adapter.requestDevice();
    device.destroy();
    return adapter.info.vendor;
  });
  expect(vendor, 'requestAdapter() gave an adapter').not.toBeNull();
});
