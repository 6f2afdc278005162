import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { bindData } from '../../src/cli/bind-data.ts';
import { withNodeRuntime } from '../../src/cli/node-runtime.ts';
import { openModelFile } from '../../src/cli/open-files.ts';
import { predict, toModelFile, type PredictionSet } from '../../src/engine/index.ts';
import { root } from './studio.ts';

/** The other way to the same numbers: the command line, and the engine in Node. */

/** Runs `npm run -s whittle -- …`; throws when it fails. */
export async function whittle(...args: readonly string[]): Promise<string> {
  const options = { cwd: root, shell: process.platform === 'win32' };
  return (await promisify(execFile)('npm', ['run', '-s', 'whittle', '--', ...args], options))
    .stdout;
}

/** What a model file says about the samples that the page measures on. */
export async function predictions(
  model: string,
  data: string,
  samples: number,
): Promise<PredictionSet> {
  const opened = openModelFile(path.resolve(model)).model;
  const bound = await bindData(opened, { data });
  if (bound === undefined) throw new Error(`${data} is no data`);
  const { dataset, preprocess, split } = bound;
  return withNodeRuntime(async (runtime) => {
    const session = await runtime.create(toModelFile(opened));
    return predict({ session, dataset, preprocess, indices: split.measure.slice(0, samples) });
  });
}

export interface ShownRow {
  readonly label: number;
  readonly before: number;
  readonly after: number;
}

/** Original against variant in the order the page promises: lost answers, gained ones, other changes, then the rest. */
export function comparedRows(before: PredictionSet, after: PredictionSet): ShownRow[] {
  const top = (set: PredictionSet, i: number): number => set.topClasses[i * set.kept] ?? -1;
  const rows = Array.from(before.indices, (_, i) => ({
    label: before.labels?.[i] ?? -1,
    before: top(before, i),
    after: top(after, i),
  }));
  const lost = (one: ShownRow): boolean => one.before === one.label && one.after !== one.label;
  const gained = (one: ShownRow): boolean => one.before !== one.label && one.after === one.label;
  const changed = (one: ShownRow): boolean => one.before !== one.after;
  return [
    ...rows.filter(lost),
    ...rows.filter(gained),
    ...rows.filter((one) => changed(one) && !lost(one) && !gained(one)),
    ...rows.filter((one) => !changed(one)),
  ];
}
