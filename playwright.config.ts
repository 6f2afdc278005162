import { defineConfig } from '@playwright/test';
import { launchOptions } from './e2e/support/launch.ts';
import { ports } from './e2e/support/ports.ts';

/**
 * Three ways to meet the studio:
 * - `studio`      *.spec.ts          isolated, as `npm start` serves it
 * - `webgpu`      *.webgpu.spec.ts   the same with WebGPU on a software device: right, but slow
 * - `plain-host`  *.plain.spec.ts    a static host that sends no headers
 *
 * They drive the built studio in dist/ (`npm run build` first). A device that is missing fails its
 * tests; nothing is skipped.
 */
export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results',
  // Measured latencies need the machine for themselves.
  workers: 1,
  fullyParallel: false,
  forbidOnly: true,
  retries: 0,
  timeout: 120_000,
  expect: { timeout: 15_000 },
  reporter: [['list']],
  use: {
    baseURL: `http://localhost:${ports.studio}`,
    browserName: 'chromium',
    locale: 'en-US',
    trace: 'retain-on-failure',
    launchOptions: launchOptions(),
  },
  projects: [
    { name: 'studio', testIgnore: ['**/*.webgpu.spec.ts', '**/*.plain.spec.ts'] },
    {
      name: 'webgpu',
      testMatch: '**/*.webgpu.spec.ts',
      use: { launchOptions: launchOptions(['--enable-unsafe-webgpu']) },
    },
    {
      name: 'plain-host',
      testMatch: '**/*.plain.spec.ts',
      use: { baseURL: `http://localhost:${ports.plainHost}` },
    },
  ],
  webServer: [
    {
      command: `npx vite preview --port ${ports.studio} --strictPort`,
      port: ports.studio,
      reuseExistingServer: !ports.chosen,
    },
    {
      command: `node scripts/serve-plain.mjs ${ports.plainHost}`,
      port: ports.plainHost,
      reuseExistingServer: !ports.chosen,
    },
  ],
});
