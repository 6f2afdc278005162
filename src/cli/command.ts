import { EngineError } from '../engine/index.ts';
import { parseCommand, usage } from './arguments.ts';
import { inspect, measure, run } from './commands.ts';

/** The child of main.ts: does the work, prints one line on failure, exits 0, 1 or 2. */
try {
  const command = parseCommand(process.argv.slice(2));
  switch (command.kind) {
    case 'help':
      process.stdout.write(`${usage}\n`);
      break;
    case 'inspect':
      await inspect(command);
      break;
    case 'run':
      await run(command);
      break;
    case 'measure':
      await measure(command);
      break;
  }
} catch (error) {
  if (!(error instanceof EngineError)) throw error;
  process.stderr.write(`whittle: ${error.message.replaceAll('\n', ' ')}\n`);
  process.exitCode = error.code === 'argument/invalid' ? 2 : 1;
}
process.disconnect?.();
