import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { EngineError } from '../engine/forms.ts';
import { parseCommand, usage, type Command } from './arguments.ts';
import { budgetLimitMs, hungVariable, type FromCommand } from './supervised.ts';

/**
 * The command line's parent. A run inside ONNX Runtime blocks its process and may never come back, so the work is done in
 * a child, which says before each blocking call how long it may take; when that time is over the child is killed
 * and the reason printed. Standard streams are the child's own. Bad arguments are told here: nothing is started for them.
 */
let current: ChildProcess | undefined;
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => current?.kill(signal));

const command = readCommand();
if (command?.kind === 'help') process.stdout.write(`${usage}\n`);
else if (command !== undefined) supervise(command);

function readCommand(): Command | undefined {
  try {
    return parseCommand(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    fail(error.message, 2);
    return undefined;
  }
}

function fail(reason: string, exitCode: number): void {
  process.stderr.write(`whittle: ${reason.replaceAll(/\s*\n\s*/g, ' ')}\n`);
  process.exitCode = exitCode;
}

/** `hung` names a call of an earlier child that never came back: inspecting goes on without running the model. */
function supervise(given: Command, hung?: string): void {
  const child = fork(
    fileURLToPath(new URL('./command.ts', import.meta.url)),
    process.argv.slice(2),
    {
      stdio: 'inherit',
      env: { ...process.env, ...(hung === undefined ? {} : { [hungVariable]: hung }) },
    },
  );
  current = child;
  const timers = new Map<number, NodeJS.Timeout>();
  const stopTimers = (): void => {
    for (const timer of timers.values()) clearTimeout(timer);
  };
  const expire = (label: string, budgetMs: number): void => {
    stopTimers();
    child.removeAllListeners();
    child.kill('SIGKILL');
    const reason = `${label} took longer than ${budgetMs / 1000} s and was stopped`;
    if (given.kind === 'inspect' && hung === undefined) supervise(given, reason);
    else fail(`${reason}. The model may loop for ever; try a smaller input`, 1);
  };
  child.on('message', (message: FromCommand) => {
    clearTimeout(timers.get(message.token));
    timers.delete(message.token);
    if (message.kind === 'idle') return;
    const budgetMs = Math.min(message.budgetMs, budgetLimitMs());
    timers.set(
      message.token,
      setTimeout(() => expire(message.label, budgetMs), budgetMs),
    );
  });
  child.on('exit', (code, signal) => {
    stopTimers();
    if (signal !== null) fail(`stopped by ${signal}`, 1);
    else process.exitCode = code ?? 1;
  });
}
