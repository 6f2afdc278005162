import type { Runtime } from '../engine/index.ts';
import type { Common } from './arguments.ts';
import { createNodeRuntime } from './node-runtime.ts';
import { parentWatchdog } from './supervised.ts';
import { terminalTask } from './terminal-task.ts';

/** The runtime that a command asks for, under the parent's watchdog, with progress on the terminal, for the length of `work`. */
export async function withWatchedRuntime(
  { backend, threads }: Pick<Common, 'backend' | 'threads'>,
  work: (runtime: Runtime, task: ReturnType<typeof terminalTask>) => Promise<void>,
): Promise<void> {
  const runtime = await createNodeRuntime(backend, threads, parentWatchdog);
  const task = terminalTask();
  try {
    await work(runtime, task);
  } finally {
    task.finish();
    await runtime.dispose();
  }
}
