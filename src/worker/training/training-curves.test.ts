import { describe, expect, it } from 'vitest';
import type { TrainingReport } from '../../engine/index.ts';
import type { TrainingStepLog } from '../protocol.ts';
import { longestCurve, withReport } from './training-curves.ts';

const empty: TrainingStepLog = {
  step: 0,
  method: 'distill',
  finished: false,
  student: undefined,
  control: undefined,
};

const report = (step: number, change: Partial<TrainingReport> = {}): TrainingReport => ({
  run: 'student',
  phase: 'training',
  epoch: 1,
  epochs: 5,
  step,
  steps: 100_000,
  loss: 1 / step,
  parts: {},
  learningRate: 0.001,
  validation: undefined,
  best: undefined,
  teacher: undefined,
  samplesPerSecond: 100,
  etaMs: 1000,
  ...change,
});

const all = (reports: readonly TrainingReport[]): TrainingStepLog =>
  reports.reduce(withReport, empty);
const validation = (step: number, value: number) =>
  ({ epoch: 1, step, metric: 'accuracy', value, loss: 1, samples: 200 }) as const;

describe('curves from reports', () => {
  it('keeps one point per step, of each run its own', () => {
    const log = all([report(1), report(1), report(2), report(1, { run: 'control', loss: 9 })]);
    expect(log.student?.loss).toEqual([
      { step: 1, value: 1 },
      { step: 2, value: 0.5 },
    ]);
    expect(log.control?.loss).toEqual([{ step: 1, value: 9 }]);
    expect(log.control?.report.loss).toBe(9);
  });

  it('leaves out what is no number', () => {
    const log = all([report(1, { loss: undefined }), report(2, { loss: Number.NaN }), report(3)]);
    expect(log.student?.loss.map(({ step }) => step)).toEqual([3]);
  });

  it('takes a validation once, however often it is reported', () => {
    const first = validation(10, 0.5);
    const log = all([
      report(10, { validation: first }),
      report(11, { validation: first }),
      report(20, { validation: validation(20, 0.6) }),
    ]);
    expect(log.student?.validation.map(({ value }) => value)).toEqual([0.5, 0.6]);
  });

  it('takes back what lies beyond a checkpoint from which training went on', () => {
    const log = all([
      ...[1, 2, 3, 4, 5].map((step) => report(step)),
      report(5, { validation: validation(5, 0.9) }),
      report(3, { loss: 7 }),
    ]);
    expect(log.student?.loss.map(({ step }) => step)).toEqual([1, 2, 3]);
    expect(log.student?.validation).toEqual([]);
  });

  it('keeps what was drawn while a training is taken up again, until it is drawn anew', () => {
    const before = all([1, 2, 3, 4, 5].map((step) => report(step)));
    const preparing = withReport(
      before,
      report(0, { phase: 'preparing', steps: 0, loss: undefined }),
    );
    expect(preparing.student?.loss).toEqual(before.student?.loss);
    expect(preparing.student?.report).toMatchObject({ phase: 'preparing', steps: 100_000 });
    const replayed = [1, 2, 3].map((step) => report(step)).reduce(withReport, preparing);
    expect(replayed.student?.loss.map(({ step }) => step)).toEqual([1, 2, 3]);
  });

  it('stays short over a long training, evenly spread, with the newest point last', () => {
    const steps = Array.from({ length: 20_000 }, (_, i) => i + 1);
    const { loss = [] } = all(steps.map((step) => report(step))).student ?? {};
    expect(loss.length).toBeLessThanOrEqual(longestCurve);
    expect(loss.length).toBeGreaterThan(longestCurve / 4);
    expect(loss[0]?.step).toBe(1);
    expect(loss.at(-1)?.step).toBe(20_000);
    const gaps = loss.slice(1, -1).map(({ step }, i) => step - (loss[i]?.step ?? 0));
    expect(new Set(gaps).size).toBe(1);
  });
});
