import { describe, expect, it } from 'vitest';
import { quickSettings } from '../testing/learning-task.ts';
import { paceOf, scheduleOf } from './settings.ts';

const pace = (samples: number, batchSize: number, accumulate: number, fixed?: number) =>
  paceOf({ ...quickSettings, epochs: 3, batchSize, accumulate }, samples, fixed);

describe('paceOf', () => {
  it('counts whole steps', () => {
    expect(pace(100, 32, 1)).toEqual({ batchSize: 32, accumulate: 1, stepsPerEpoch: 3, steps: 9 });
    expect(pace(100, 8, 4)).toEqual({ batchSize: 8, accumulate: 4, stepsPerEpoch: 3, steps: 9 });
  });

  it('makes one batch of fewer samples than a batch, one step of fewer than are accumulated', () => {
    expect(pace(5, 32, 1)).toMatchObject({ batchSize: 5, stepsPerEpoch: 1 });
    expect(pace(20, 8, 4)).toMatchObject({ batchSize: 8, accumulate: 2, stepsPerEpoch: 1 });
  });

  it('accumulates where the model has a fixed batch', () => {
    expect(pace(100, 32, 1, 1)).toMatchObject({ batchSize: 1, accumulate: 32, stepsPerEpoch: 3 });
    expect(pace(100, 32, 2, 8)).toMatchObject({ batchSize: 8, accumulate: 8, stepsPerEpoch: 1 });
    expect(() => pace(3, 32, 1, 8)).toThrow('do not fill one batch of 8');
  });
});

describe('scheduleOf', () => {
  const optimizer = { ...quickSettings.optimizer, learningRate: 1 };
  const rates = (schedule: 'cosine' | 'step' | 'constant') => {
    const rate = scheduleOf({ ...quickSettings, optimizer, schedule, warmup: 0.1 }, 100);
    return [0, 9, 10, 49, 55, 80, 99].map((step) => Number(rate(step).toFixed(3)));
  };
  it('warms up, then falls as asked', () => {
    expect(rates('constant')).toEqual([0.1, 1, 1, 1, 1, 1, 1]);
    expect(rates('step')).toEqual([0.1, 1, 1, 1, 0.1, 0.01, 0.01]);
    expect(rates('cosine')).toEqual([0.1, 1, 1, 0.604, 0.5, 0.117, 0]);
  });
});
