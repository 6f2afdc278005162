import { describe, expect, it } from 'vitest';
import type { TrainingCurves } from '../worker/protocol.ts';
import { gainOf } from './training-gain.ts';

type Point = TrainingCurves['validation'][number];

const curves = (
  run: 'student' | 'control',
  values: readonly number[],
  metric: Point['metric'] = 'accuracy',
  samples = 1000,
): TrainingCurves => {
  const validation = values.map((value, i): Point => {
    const epoch = i + 1;
    return { epoch, step: epoch * 10, metric, value, loss: 1, samples };
  });
  const best = validation.toSorted((a, b) =>
    metric === 'perplexity' ? a.value - b.value : b.value - a.value,
  )[0];
  return {
    report: {
      run,
      phase: 'done',
      epoch: values.length,
      epochs: values.length,
      step: values.length * 10,
      steps: values.length * 10,
      loss: 1,
      parts: {},
      learningRate: 0,
      validation: validation.at(-1),
      best,
      teacher: undefined,
      samplesPerSecond: undefined,
      etaMs: undefined,
    },
    loss: [],
    validation,
  };
};

const gain = (
  student: readonly number[],
  control: readonly number[],
  metric?: Point['metric'],
  samples?: number,
) =>
  gainOf(curves('student', student, metric, samples), curves('control', control, metric, samples));

describe('what the teacher was worth', () => {
  it('is a gain only beyond what chance explains for so many samples', () => {
    // 1.96·√(0.9·0.1/1000 + 0.85·0.15/1000) = 0.0289
    expect(gain([0.9], [0.85])).toMatchObject({ kind: 'gain' });
    const small = gain([0.9], [0.88]);
    expect(small).toMatchObject({ kind: 'none' });
    expect(small.kind === 'none' && small.margin).toBeCloseTo(0.0274, 3);
    expect(small.kind === 'none' && small.difference).toBeCloseTo(0.02, 10);
    expect(gain([0.9], [0.85], 'accuracy', 100)).toMatchObject({ kind: 'none' });
    expect(gain([0.85], [0.9])).toMatchObject({ kind: 'loss' });
  });

  it('is not certain because both are perfect on a few samples', () => {
    const perfect = gain([1], [1], 'accuracy', 50);
    expect(perfect.kind).toBe('none');
    expect(perfect.kind === 'none' && perfect.margin).toBeGreaterThan(0.01);
  });

  it('takes the best epochs, not the last', () => {
    expect(gain([0.95, 0.6], [0.8, 0.8])).toMatchObject({ kind: 'gain' });
  });

  it('judges other scores by how much the difference varies from epoch to epoch', () => {
    expect(gain([10, 12, 14, 15, 15.1, 15], [10, 10, 11, 11, 11.1, 11], 'sqnr').kind).toBe('gain');
    expect(gain([10, 12, 14, 15, 11, 16], [10, 10, 11, 14, 15, 14], 'sqnr').kind).toBe('none');
    expect(gain([15], [11], 'sqnr').kind).toBe('unknown');
  });

  it('knows that less perplexity is better', () => {
    expect(gain([9, 5, 4, 4.1, 4], [9, 8, 8, 8.1, 8], 'perplexity').kind).toBe('gain');
  });

  it('says nothing before the first validation', () => {
    expect(gain([], [0.5]).kind).toBe('unknown');
  });

  it('gives no verdict where one learned longer than the other', () => {
    expect(gain([0.5], [0.5, 0.9]).kind).toBe('unequal');
  });
});
