import { EngineError } from '../engine/index.ts';
import { parseCommand } from './arguments.ts';
import { inspect } from './inspect.ts';
import { measure } from './measure.ts';
import { run } from './run.ts';

/** The child of main.ts: does the work; where it fails, prints one line and exits with 1. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader of a pipe has read enough.
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});
process.on('uncaughtException', (error) => {
  fail(error);
  process.exit();
});

try {
  const command = parseCommand(process.argv.slice(2));
  if (command.kind === 'inspect') await inspect(command);
  if (command.kind === 'run') await run(command);
  if (command.kind === 'measure') await measure(command);
} catch (error) {
  fail(error);
}
if (process.connected) process.disconnect();

function fail(error: unknown): void {
  process.stderr.write(`whittle: ${reasonOf(error).replaceAll(/\s*\n\s*/g, ' ')}\n`);
  process.exitCode = 1;
}

/** A failure that the engine does not know is a fault of this program: it is told where it happened. */
function reasonOf(error: unknown): string {
  if (error instanceof EngineError) return error.message;
  if (!(error instanceof Error)) return String(error);
  const place = error.stack?.split('\n').find((line) => /^\s+at /.test(line)) ?? '';
  return `${error.message} (${error.name}${place}). This is a fault of whittle; please report it`;
}
