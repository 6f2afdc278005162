import { EngineError } from '../../engine/index.ts';
import type { Settings } from '../protocol.ts';
import type { Handler } from '../studio.ts';

/** Takes new settings over. Sessions of the old ones go with their worker; sizes of dynamic dimensions make shapes stale. */
export const configure: Handler<'configure'> = async (body, { workspace }) => {
  check(body);
  const before = workspace.settings;
  const moved = before.backend !== body.backend || before.threads !== body.threads;
  const resized = JSON.stringify(before.dims) !== JSON.stringify(body.dims);
  if (moved || resized) workspace.jobs.cancelAll();
  workspace.settings = body;
  if (moved) {
    try {
      workspace.runtime();
    } catch (error) {
      workspace.settings = before;
      throw error;
    }
  }
  if (resized) workspace.forgetShapes();
  return body;
};

function check(settings: Settings): void {
  const { threads, samples, dims } = settings;
  if (!Number.isInteger(threads) || threads < 1)
    throw bad('threads', `${threads} is not a number of threads`);
  if (!Number.isInteger(samples) || samples < 1)
    throw bad('samples', `${samples} is not a number of samples`);
  for (const [name, size] of Object.entries(dims))
    if (!Number.isInteger(size) || size < 1 || size > 2 ** 24)
      throw bad(name, `${size} is not the size of a dimension`);
}

const bad = (where: string, detail: string): EngineError =>
  new EngineError('argument/invalid', { where, detail, hint: 'Give a whole number from 1 up' });
