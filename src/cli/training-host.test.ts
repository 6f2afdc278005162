import { describe, expect, it } from 'vitest';
import type { TrainingReport } from '../engine/index.ts';
import { describeTraining } from './training-host.ts';

const report: TrainingReport = {
  run: 'student',
  phase: 'training',
  epoch: 2,
  epochs: 5,
  step: 210,
  steps: 700,
  loss: 0.43123,
  parts: {},
  learningRate: 0.001,
  validation: undefined,
  best: undefined,
  teacher: undefined,
  samplesPerSecond: 1240.4,
  etaMs: 12_300,
};

describe('the line of a training', () => {
  it('says run, place, loss, speed and what is left', () => {
    expect(describeTraining(report)).toBe(
      'training student, epoch 2 of 5, step 210 of 700: loss 0.4312, 1240 samples/s, 12 s left',
    );
    expect(describeTraining({ ...report, etaMs: 240_000 })).toContain('4 min left');
  });

  it('leaves out what is not known yet', () => {
    const unknown = { loss: undefined, samplesPerSecond: undefined, etaMs: undefined };
    expect(
      describeTraining({ ...report, ...unknown, phase: 'asking-teacher', run: 'control' }),
    ).toBe('asking the teacher control, epoch 2 of 5, step 210 of 700');
  });
});
