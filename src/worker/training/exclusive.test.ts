import { describe, expect, it } from 'vitest';
import { exclusively } from './exclusive.ts';

/** Locks as tabs share them, as far as they are used here. */
function sharedLocks(): LockManager {
  const held = new Set<string>();
  const request = async (
    name: string,
    _: LockOptions,
    work: (lock: Lock | null) => Promise<unknown>,
  ): Promise<unknown> => {
    if (held.has(name)) return work(null);
    held.add(name);
    try {
      return await work({ name, mode: 'exclusive' });
    } finally {
      held.delete(name);
    }
  };
  return { request } as unknown as LockManager;
}

describe('one tab at a time', () => {
  it('refuses a training that another tab has, and lets others run', async () => {
    const locks = sharedLocks();
    let release = (): void => undefined;
    const first = exclusively(
      ['a', 'b'],
      () => new Promise<void>((resolve) => (release = resolve)),
      locks,
    );
    await expect(exclusively(['c', 'b'], () => Promise.resolve(1), locks)).rejects.toMatchObject({
      code: 'train/elsewhere',
    });
    await expect(exclusively(['c'], () => Promise.resolve(2), locks)).resolves.toBe(2);
    release();
    await first;
    await expect(exclusively(['a'], () => Promise.resolve(3), locks)).resolves.toBe(3);
  });

  it('just runs where there are no locks', async () => {
    await expect(exclusively(['a'], () => Promise.resolve(4), undefined)).resolves.toBe(4);
  });
});
