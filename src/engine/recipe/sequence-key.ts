import type { TokenPlan } from '../data/index.ts';

/** The key of the sequence's length among sizes of open dimensions; undefined where the model fixes it. */
export function sequenceKey({ inputs }: TokenPlan): string | undefined {
  const { name, dims } = inputs.ids;
  const dim = dims[1];
  return typeof dim === 'number' ? undefined : dim === undefined || dim === '' ? `${name}:1` : dim;
}
