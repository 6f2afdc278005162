import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { FromCommand } from './supervised.ts';

/**
 * The command line's parent. A run inside ONNX Runtime blocks its process and may never come back, so the work is done in
 * a child, which says before each blocking call how long it may take; when that time is over the child is killed
 * and the reason printed. Standard streams are the child's own.
 */
const child = fork(fileURLToPath(new URL('./command.ts', import.meta.url)), process.argv.slice(2), {
  stdio: 'inherit',
});
const timers = new Map<number, NodeJS.Timeout>();

child.on('message', (message: FromCommand) => {
  clearTimeout(timers.get(message.token));
  timers.delete(message.token);
  if (message.kind === 'idle') return;
  const expired = (): void => {
    child.removeAllListeners('exit');
    child.kill('SIGKILL');
    const seconds = Math.round(message.budgetMs / 1000);
    process.stderr.write(
      `whittle: ${message.label} took longer than ${seconds} s and was stopped. The model may loop for ever; try a smaller input\n`,
    );
    process.exitCode = 1;
  };
  timers.set(message.token, setTimeout(expired, message.budgetMs));
});

child.on('exit', (code, signal) => {
  for (const timer of timers.values()) clearTimeout(timer);
  if (signal !== null) process.stderr.write(`whittle: stopped by ${signal}\n`);
  process.exitCode = code ?? 1;
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
