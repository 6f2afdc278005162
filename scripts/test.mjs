// @ts-check
// Runs every check, each to its end, and counts.
//   node scripts/test.mjs [stage …]   all stages, or only those named
//
// A static check counts as one test; unit and browser tests count one by one. A stage that cannot
// run, or that runs no test at all, counts as a failure. The last line is "N passed, N failed".

import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { findOrInstallChromium } from './find-chromium.mjs';

/**
 * @typedef {{ passed: number, failed: number, notes?: string[] }} Outcome
 * @typedef {{ name: string, run: () => Promise<Outcome> }} Stage
 */

const root = fileURLToPath(new URL('..', import.meta.url));
const reports = await mkdtemp(path.join(tmpdir(), 'whittle-test-'));
const compilerProjects = ['engine', 'worker', 'app', 'node', 'test'];

/**
 * Runs a command of node_modules/.bin, showing its output; resolves with its exit code.
 * @param {string} command
 * @param {string[]} args
 * @param {Record<string, string>} [env]
 * @returns {Promise<number>}
 */
function run(command, args, env = {}) {
  const file = path.join(root, 'node_modules', '.bin', command);
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, ...env },
      shell: process.platform === 'win32',
    });
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}

/**
 * @param {string} name
 * @param {() => Promise<number>} check resolves with an exit code
 * @returns {Stage}
 */
const staticStage = (name, check) => ({
  name,
  run: async () => ((await check()) === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }),
});

/**
 * Turns the counts of a runner into an outcome: no test, or a bad exit with no failed test, fails.
 * @param {number} passed
 * @param {number} failed
 * @param {number} exitCode
 * @returns {Outcome}
 */
function counted(passed, failed, exitCode) {
  if (passed + failed === 0) return { passed: 0, failed: 1, notes: ['no test was run'] };
  if (exitCode !== 0 && failed === 0) {
    return { passed, failed: 1, notes: [`exit code ${exitCode} although no test failed`] };
  }
  return { passed, failed };
}

/** @param {string} file */
const readJson = async (file) => JSON.parse(await readFile(file, 'utf8'));

/** @returns {Promise<Outcome>} */
async function unit() {
  const report = path.join(reports, 'unit.json');
  const code = await run('vitest', [
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ]);
  const { numPassedTests, numFailedTests, testResults } = await readJson(report);
  // A file that cannot even be loaded has no tests to count: it counts itself.
  const brokenFiles = testResults.filter(
    (/** @type {{ status: string, assertionResults: { status: string }[] }} */ file) =>
      file.status === 'failed' && file.assertionResults.every(({ status }) => status !== 'failed'),
  ).length;
  return counted(numPassedTests, numFailedTests + brokenFiles, code);
}

/** @returns {Promise<number>} a port that was free a moment ago */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, 'localhost', () => {
      const address = server.address();
      const port = address !== null && typeof address === 'object' ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

/** @returns {Promise<Outcome>} */
async function e2e() {
  const chromium = findOrInstallChromium((line) => console.log(line));
  if (chromium === undefined) return { passed: 0, failed: 1, notes: ['no Chromium'] };
  const report = path.join(reports, 'e2e.json');
  const code = await run('playwright', ['test', '--reporter=list,json'], {
    CHROMIUM_PATH: chromium,
    PLAYWRIGHT_JSON_OUTPUT_FILE: report,
    WHITTLE_STUDIO_PORT: String(await freePort()),
    WHITTLE_PLAIN_HOST_PORT: String(await freePort()),
  });
  const { stats, errors } = await readJson(report);
  // A test that is skipped was not run: with the devices all required, that is a failure too.
  const failed = stats.unexpected + stats.flaky + stats.skipped;
  const outcome = counted(stats.expected, failed, code);
  if (stats.skipped > 0) (outcome.notes ??= []).push(`${stats.skipped} skipped or not run`);
  if (errors?.length > 0) (outcome.notes ??= []).push(`${errors.length} errors outside tests`);
  return outcome;
}

/** @type {Stage[]} */
const stages = [
  staticStage('types', async () => {
    let worst = 0;
    for (const project of compilerProjects) {
      worst = Math.max(worst, await run('tsc', ['--noEmit', '-p', `tsconfig.${project}.json`]));
    }
    return worst;
  }),
  staticStage('lint', () => run('oxlint', ['--type-aware'])),
  staticStage('format', () => run('biome', ['format'])),
  staticStage('knip', () => run('knip', [])),
  { name: 'unit', run: unit },
  staticStage('build', () => run('vite', ['build', '--logLevel', 'warn'])),
  staticStage('size', () => run('size-limit', [])),
  { name: 'e2e', run: e2e },
];

const named = process.argv.slice(2);
const unknown = named.filter((name) => !stages.some((stage) => stage.name === name));
if (unknown.length > 0) {
  console.error(
    `No stage ${unknown.join(', ')}; there are ${stages.map((s) => s.name).join(', ')}.`,
  );
  process.exit(2);
}

/** @type {string[]} */
const lines = [];
/** @type {Record<string, Outcome>} */
const outcomes = {};
for (const { name, run: runStage } of stages) {
  if (named.length > 0 && !named.includes(name)) continue;
  console.log(`\n── ${name} ${'─'.repeat(Math.max(0, 90 - name.length))}`);
  const startMs = performance.now();
  // Without a build, the size and the browser tests would judge an older one.
  const buildFailed = (outcomes['build']?.failed ?? 0) > 0 && (name === 'size' || name === 'e2e');
  const outcome = buildFailed
    ? { passed: 0, failed: 1, notes: ['not run: the build failed'] }
    : await runStage().catch((error) => ({ passed: 0, failed: 1, notes: [String(error)] }));
  outcomes[name] = outcome;
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  const verdict = outcome.failed === 0 ? 'ok' : 'FAILED';
  const notes = outcome.notes?.map((note) => ` (${note})`).join('') ?? '';
  const line = `${name.padEnd(8)}${verdict.padEnd(8)}${outcome.passed} passed, ${outcome.failed} failed, ${seconds} s${notes}`;
  lines.push(line);
  console.log(line);
}
await rm(reports, { recursive: true, force: true });

const all = Object.values(outcomes);
const passed = all.reduce((sum, outcome) => sum + outcome.passed, 0);
const failed = all.reduce((sum, outcome) => sum + outcome.failed, 0);
console.log(`\n${lines.join('\n')}\n`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
