import { withNodeRuntime } from '../../../cli/node-runtime.ts';
import { plainChain } from '../../methods/testing/tiny-models.ts';
import { combinations, hashOf, recipeOf, runTiny } from './run-tiny.ts';

/** A process of its own: prints the SHA-256 of what each combination makes of the same model. */
await withNodeRuntime(async (runtime) => {
  const hashes: Record<string, string> = {};
  for (const [name, steps] of Object.entries(combinations))
    hashes[name] = hashOf((await runTiny(plainChain(), recipeOf(steps, 7), runtime)).model);
  process.stdout.write(JSON.stringify(hashes));
});
