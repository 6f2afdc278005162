import { describe, expect, it } from 'vitest';
import { outputOfLabels } from './hard-labels.ts';
import type { TaughtOutput } from './taught-outputs.ts';

const scores: TaughtOutput = { name: 'scores', kind: 'classes', width: 3, perSample: true };
const tokens: TaughtOutput = { name: 'tokens', kind: 'classes', width: 50, perSample: false };
const boxes: TaughtOutput = { name: 'boxes', kind: 'values', width: 4, perSample: true };

describe('outputOfLabels', () => {
  it('is the one with a class for every label', () => {
    expect(outputOfLabels([boxes, scores, tokens], Int32Array.of(0, 2), false)).toBe(scores);
    expect(outputOfLabels([scores], Int32Array.of(0, 3), false)).toBeUndefined();
    expect(outputOfLabels([scores], Int32Array.of(-1), false)).toBeUndefined();
    expect(outputOfLabels([scores, scores], Int32Array.of(0), false)).toBeUndefined();
    expect(outputOfLabels([scores], undefined, false)).toBeUndefined();
    expect(outputOfLabels([boxes], Int32Array.of(0), false)).toBeUndefined();
  });

  it('has a row per position where every position is labelled', () => {
    expect(outputOfLabels([scores, tokens], undefined, true)).toBe(tokens);
    expect(outputOfLabels([scores], undefined, true)).toBeUndefined();
  });
});
