import type { LaunchOptions } from '@playwright/test';
import { findChromium } from '../../scripts/find-chromium.mjs';

/** How the tests start Chromium: the system's own browser, and nothing that talks to the network. */
export function launchOptions(extraArgs: readonly string[] = []): LaunchOptions {
  const executablePath = findChromium();
  return {
    ...(executablePath === undefined ? {} : { executablePath }),
    args: [
      // Chromium refuses its sandbox as root, which is what containers run as.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      '--disable-quic',
      ...extraArgs,
    ],
  };
}
