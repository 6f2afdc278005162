import { describe, expect, it } from 'vitest';
import type { TrainingCurves, TrainingStepLog } from '../../store/index.ts';
import type { Words } from '../../ui/index.ts';
import { shownScores } from './training-runs.ts';
import { lossScene, scoreScene, type TrainingOrder } from './training-scene.ts';

const words = {
  language: 'en',
  t: (key: string, data?: object) => (data === undefined ? key : `${key} ${JSON.stringify(data)}`),
} as unknown as Words;

function curves(losses: readonly number[], scores: readonly number[]): TrainingCurves {
  const validation = scores.map((value, epoch) => ({
    step: epoch * 10,
    epoch,
    metric: 'accuracy' as const,
    value,
    loss: 1,
    samples: 1000,
  }));
  const best = validation.toSorted((a, b) => b.value - a.value)[0];
  const epochs = scores.length - 1;
  const report = { epoch: epochs, epochs, step: epochs * 10, steps: epochs * 10, teacher: 0.995 };
  return {
    report: {
      ...report,
      best,
      phase: 'done',
      run: 'student',
    } as unknown as TrainingCurves['report'],
    loss: losses.map((value, i) => ({ step: i + 1, value })),
    validation,
  };
}

const logOf = (student: TrainingCurves): TrainingStepLog => ({
  step: 0,
  method: 'distill',
  finished: true,
  student,
  control: undefined,
});
const order = (student: TrainingCurves): TrainingOrder => ({
  log: logOf(student),
  words,
  ticks: { x: 5, y: 5 },
});

describe('the drawing of a training', () => {
  it('shows a loss that falls by decades on a logarithmic axis, with ticks that say the loss', () => {
    const { y, curves: drawn } = lossScene(order(curves([2, 0.5, 0.1, 0.02], [0.6, 0.9])));
    expect(y.label).toBe('train.lossLog');
    expect(drawn[0]?.points.map((point) => point.y)).toEqual([2, 0.5, 0.1, 0.02].map(Math.log10));
    const labels = y.ticks.map(({ label }) => label);
    expect(labels).toContain('0.1');
    for (const { at, label } of y.ticks) expect(10 ** at).toBeCloseTo(Number(label), 6);
  });

  it.each([
    ['falls little', [2, 1.5, 1.2]],
    ['reaches zero', [2, 0.5, 0]],
    ['is below zero', [0.5, -0.5]],
  ])('keeps a linear axis for a loss that %s', (_, losses) => {
    const scene = lossScene(order(curves(losses, [0.6, 0.9])));
    expect(scene.y.label).toBe('train.loss');
    expect(scene.curves[0]?.points.map(({ y }) => y)).toEqual(losses);
  });

  it('leaves out a start so far off that later scores could not be told apart', () => {
    const made = order(curves([1], [0.1, 0.94, 0.98, 0.99]));
    expect(shownScores(made.log).leftOut?.value).toBe(0.1);
    const scene = scoreScene(made);
    expect(scene?.marks.map(({ y }) => y)).toEqual([0.94, 0.98, 0.99]);
    expect(scene?.y.domain[0]).toBeGreaterThan(0.9);
  });

  it.each([
    ['is near', [0.93, 0.94, 0.98]],
    ['is the best', [0.999, 0.4, 0.5]],
    ['is nearly all there is', [0.1, 0.9]],
  ])('keeps a start that %s', (_, scores) => {
    const made = order(curves([1], scores));
    expect(shownScores(made.log).leftOut).toBeUndefined();
    expect(scoreScene(made)?.marks).toHaveLength(scores.length);
  });
});
