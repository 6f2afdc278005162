import { expect, it } from 'vitest';
import { createFifo } from './fifo.ts';

it('runs one at a time in the order asked, whatever fails', async () => {
  const fifo = createFifo();
  const events: string[] = [];
  const job = (name: string, fails = false) =>
    fifo(async () => {
      events.push(`${name} starts`);
      await Promise.resolve();
      events.push(`${name} ends`);
      if (fails) throw new Error(name);
      return name;
    });
  const results = await Promise.allSettled([job('a', true), job('b'), job('c', true), job('d')]);
  expect(results.map((result) => result.status)).toEqual([
    'rejected',
    'fulfilled',
    'rejected',
    'fulfilled',
  ]);
  expect(events).toEqual(
    ['a', 'b', 'c', 'd'].flatMap((name) => [`${name} starts`, `${name} ends`]),
  );
});
