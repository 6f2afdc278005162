import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatMacs,
  formatMs,
  formatPercent,
  formatPoints,
  formatSeconds,
  formatTimes,
  formatTiny,
  nbsp,
} from './format.ts';

/** No-break spaces as ordinary ones, to be read. */
const plain = (text: string): string => text.replaceAll(nbsp, ' ');

describe('format', () => {
  it('writes bytes in decimal units with three significant digits', () => {
    expect(plain(formatBytes(0, 'en'))).toBe('0 B');
    expect(plain(formatBytes(999, 'en'))).toBe('999 B');
    expect(plain(formatBytes(1234, 'en'))).toBe('1.23 kB');
    expect(plain(formatBytes(812_400, 'en'))).toBe('812 kB');
    expect(plain(formatBytes(98_760_000, 'en'))).toBe('98.8 MB');
  });

  it('never writes 1,000 of a unit that has a larger one', () => {
    expect(plain(formatBytes(999_600, 'en'))).toBe('1.00 MB');
    expect(plain(formatCount(999_999, 'en'))).toBe('1.00 M');
  });

  it('writes counts and work', () => {
    expect(plain(formatCount(201_482, 'en'))).toBe('201 k');
    expect(plain(formatMacs(31_200_000, 'en'))).toBe('31.2 MMAC');
  });

  it('never parts a number from its unit', () => {
    expect(formatBytes(1234, 'en')).toBe(`1.23${nbsp}kB`);
  });

  it('chooses the unit of time', () => {
    expect(plain(formatMs(0.0421, 'en'))).toBe('42.1 µs');
    expect(plain(formatMs(4.118, 'en'))).toBe('4.12 ms');
    expect(plain(formatMs(12_300, 'en'))).toBe('12.3 s');
    expect(plain(formatSeconds(100, 'en'))).toBe('1 s');
    expect(plain(formatSeconds(120_000, 'en'))).toBe('2 min');
  });

  it('writes differences with a real minus sign and no sign for zero', () => {
    expect(plain(formatPercent(0.921, 'en'))).toBe('92.1 %');
    expect(plain(formatPoints(-0.003, 'en'))).toBe('−0.3 pt');
    expect(plain(formatPoints(0.0121, 'en'))).toBe('+1.2 pt');
    expect(plain(formatPoints(-0.0001, 'en'))).toBe('0.0 pt');
  });

  it('writes ratios and tiny errors', () => {
    expect(plain(formatTimes(2.214, 'en'))).toBe('2.21 ×');
    expect(plain(formatTimes(2.214, 'ko'))).toBe('2.21배');
    expect(plain(formatTiny(0.0000321, 'en'))).toBe('3.2e−5');
    expect(plain(formatTiny(0.25, 'en'))).toBe('0.25');
  });
});
