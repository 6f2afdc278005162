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
} from './format.ts';

describe('format', () => {
  it('writes bytes in decimal units with three significant digits', () => {
    expect(formatBytes(0, 'en')).toBe('0 B');
    expect(formatBytes(999, 'en')).toBe('999 B');
    expect(formatBytes(1234, 'en')).toBe('1.23 kB');
    expect(formatBytes(812_400, 'en')).toBe('812 kB');
    expect(formatBytes(98_760_000, 'en')).toBe('98.8 MB');
  });

  it('never writes 1,000 of a unit that has a larger one', () => {
    expect(formatBytes(999_600, 'en')).toBe('1.00 MB');
    expect(formatCount(999_999, 'en')).toBe('1.00 M');
  });

  it('writes counts and work', () => {
    expect(formatCount(201_482, 'en')).toBe('201 k');
    expect(formatMacs(31_200_000, 'en')).toBe('31.2 MMAC');
  });

  it('chooses the unit of time', () => {
    expect(formatMs(0.0421, 'en')).toBe('42.1 µs');
    expect(formatMs(4.118, 'en')).toBe('4.12 ms');
    expect(formatMs(12_300, 'en')).toBe('12.3 s');
    expect(formatSeconds(100, 'en')).toBe('1 s');
    expect(formatSeconds(120_000, 'en')).toBe('2 min');
  });

  it('writes differences with a real minus sign and no sign for zero', () => {
    expect(formatPercent(0.921, 'en')).toBe('92.1 %');
    expect(formatPoints(-0.003, 'en')).toBe('−0.3 pt');
    expect(formatPoints(0.0121, 'en')).toBe('+1.2 pt');
    expect(formatPoints(-0.0001, 'en')).toBe('0.0 pt');
  });

  it('writes ratios and tiny errors', () => {
    expect(formatTimes(2.214, 'en')).toBe('2.21 ×');
    expect(formatTiny(0.0000321, 'en')).toBe('3.2e−5');
    expect(formatTiny(0.25, 'en')).toBe('0.25');
  });
});
