// @ts-check
// Finds a Chromium for the browser tests, or installs one, and says in words what it did.
//   node scripts/find-chromium.mjs            prints the path; exit 1 when there is none
//   node scripts/find-chromium.mjs --install  tries to install one when there is none

import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';

const systemNames = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** @param {string | undefined} file */
function isExecutable(file) {
  if (!file) return false;
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** @returns {string | undefined} the executable: CHROMIUM_PATH, then the system's, then Playwright's. */
export function findChromium() {
  const named = process.env['CHROMIUM_PATH'];
  if (named) {
    if (isExecutable(named)) return named;
    throw new Error(`CHROMIUM_PATH names ${named}, which is not an executable file.`);
  }
  const folders = ['/usr/bin', ...(process.env['PATH'] ?? '').split(path.delimiter)];
  const onSystem = folders.flatMap((folder) => systemNames.map((name) => path.join(folder, name)));
  return [...onSystem, chromium.executablePath()].find(isExecutable);
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {(line: string) => void} say
 */
function attempt(command, args, say) {
  say(`Running: ${command} ${args.join(' ')}`);
  const result = spawnSync(command, args, {
    encoding: 'utf8',
    timeout: 10 * 60_000,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (result.status === 0) return true;
  const detail = `${result.error?.message ?? ''}${result.stderr ?? ''}`
    .trim()
    .split('\n')
    .slice(-3);
  say(`It failed: ${detail.join(' | ') || `exit code ${result.status}`}`);
  return false;
}

/**
 * @param {(line: string) => void} say
 * @returns {string | undefined}
 */
export function findOrInstallChromium(say) {
  const found = findChromium();
  if (found) {
    say(`Chromium found: ${found}`);
    return found;
  }
  say('No Chromium found (CHROMIUM_PATH, the system, Playwright). Trying to install one.');
  const isRoot = process.getuid?.() === 0;
  const hasApt = isExecutable('/usr/bin/apt-get');
  if (isRoot && hasApt) {
    attempt('apt-get', ['update'], say);
    attempt('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], say);
  } else {
    say(hasApt ? 'Not root: apt-get is left alone.' : 'This system has no apt-get.');
  }
  if (!findChromium()) attempt('npx', ['playwright', 'install', '--with-deps', 'chromium'], say);
  const installed = findChromium();
  say(
    installed
      ? `Chromium installed: ${installed}`
      : 'No Chromium could be installed. Install one and set CHROMIUM_PATH to its executable.',
  );
  return installed;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const found = process.argv.includes('--install')
    ? findOrInstallChromium((line) => console.error(line))
    : findChromium();
  if (found) console.log(found);
  else process.exitCode = 1;
}
