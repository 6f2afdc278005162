import { describe, expect, test } from 'vitest';
import { ensureIsolation, type IsolationHost } from './isolation.ts';

function hostOnce(overrides: Partial<IsolationHost> = {}) {
  const calls: string[] = [];
  const kept = new Map<string, string>();
  const host: IsolationHost = {
    crossOriginIsolated: false,
    isSecureContext: true,
    search: '',
    register: () => {
      calls.push('register');
      return Promise.resolve();
    },
    reload: () => calls.push('reload'),
    session: {
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => kept.set(key, value),
    },
    ...overrides,
  };
  return { host, calls };
}

describe('ensureIsolation', () => {
  test('an isolated page is left alone', async () => {
    const { host, calls } = hostOnce({ crossOriginIsolated: true });
    expect(await ensureIsolation(host)).toBe('isolated');
    expect(calls).toEqual([]);
  });

  test('registers, then reloads, and never a second time', async () => {
    const { host, calls } = hostOnce();
    expect(await ensureIsolation(host)).toBe('reloading');
    expect(calls).toEqual(['register', 'reload']);
    // The host is still not isolated after the reload: the session remembers.
    expect(await ensureIsolation(host)).toBe('single-thread');
    expect(calls).toEqual(['register', 'reload']);
  });

  test.each([
    ['plain http', { isSecureContext: false }],
    ['isolation=off', { search: '?isolation=off' }],
    ['a refused service worker', { register: () => Promise.reject(new Error('refused')) }],
    [
      'refused storage',
      {
        session: {
          getItem: () => null,
          setItem: () => {
            throw new Error('refused');
          },
        },
      },
    ],
  ] satisfies [string, Partial<IsolationHost>][])(
    '%s: one thread, no reload',
    async (_, overrides) => {
      const { host, calls } = hostOnce(overrides);
      expect(await ensureIsolation(host)).toBe('single-thread');
      expect(calls).not.toContain('reload');
    },
  );
});
