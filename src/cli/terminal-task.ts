import type { Task } from '../engine/index.ts';

/** Progress on standard error when a person looks at it: one line that is written over. */
export function terminalTask(): Task & { finish(): void } {
  const shown = process.stderr.isTTY;
  let last = '';
  const write = (line: string): void => {
    if (!shown || line === last) return;
    last = line;
    process.stderr.write(`\r\u001b[2K${line}`);
  };
  return {
    signal: undefined,
    report: ({ phase, done, total }) =>
      write(total > 1 ? `${phase} ${Math.round((100 * done) / total)} %` : phase),
    breathe: () => Promise.resolve(),
    finish: () => write(''),
  };
}
