import type { Workspace } from './workspace.ts';

/** What changes measured numbers: results under other conditions are kept apart. */
export function conditionsOf({ settings, data }: Workspace): string {
  const { backend, threads, samples, dims } = settings;
  return JSON.stringify([backend, threads, samples, dims, data?.key ?? '']);
}
