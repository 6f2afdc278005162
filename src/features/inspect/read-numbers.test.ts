import { expect, it } from 'vitest';
import { readNumbers } from './read-numbers.ts';

it('reads numbers as people type them', () => {
  expect(readNumbers('0.485, 0.456 0.406')).toEqual([0.485, 0.456, 0.406]);
  expect(readNumbers(' 224;224 ', 2)).toEqual([224, 224]);
  expect(readNumbers('-1, 1', 2)).toEqual([-1, 1]);
});

it('takes nothing that is no number, and no other count', () => {
  expect(readNumbers('', 1)).toBeUndefined();
  expect(readNumbers('1, x')).toBeUndefined();
  expect(readNumbers('1', 2)).toBeUndefined();
  expect(readNumbers('1e999')).toBeUndefined();
});
