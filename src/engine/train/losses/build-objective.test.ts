import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNodeRuntime } from '../../../cli/node-runtime.ts';
import { intAttribute } from '../../graph/index.ts';
import type { Runtime, RuntimeTensor } from '../../runtime/index.ts';
import { float32Tensor } from '../../tensor/index.ts';
import type { Objective, ObjectiveTerm } from '../objective.ts';
import { floats, fromFloats } from '../testing/float-tensors.ts';
import { checkLoss, int64s, randomFloats } from '../testing/loss-check.ts';
import { buildObjective, partNames, targetInput, type ObjectiveFacts } from './build-objective.ts';

const facts: ObjectiveFacts = {
  dims: () => [],
  variance: () => 1,
  variances: () => float32Tensor([], [1]),
  mixed: false,
  labelledPositions: false,
};
const only = (term: ObjectiveTerm): Objective => ({ terms: [term] });

/** Rows of logits → rows of log-probabilities, in double precision. */
function logSoftmax(values: Float32Array, classes: number, temperature = 1): number[] {
  return Array.from({ length: values.length / classes }, (_, row) => {
    const z = Array.from(
      values.subarray(row * classes, (row + 1) * classes),
      (v) => v / temperature,
    );
    const total = Math.log(z.reduce((sum, value) => sum + Math.exp(value), 0));
    return z.map((value) => value - total);
  }).flat();
}

describe('terms of an objective', () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await createNodeRuntime('wasm', 1);
  });
  afterAll(() => runtime.dispose());

  const softLabels = (temperature: number) =>
    only({ kind: 'soft-labels', output: 'y', weight: 1, temperature });
  const softExpected = (s: RuntimeTensor, t: RuntimeTensor, classes: number, T: number): number => {
    const [p, q] = [logSoftmax(floats(t), classes, T), logSoftmax(floats(s), classes, T)];
    const rows = p.length / classes;
    return (
      (T * T * p.reduce((sum, logP, i) => sum + Math.exp(logP) * (logP - (q[i] ?? 0)), 0)) / rows
    );
  };

  it.each([1, 4])('soft labels at temperature %d', async (temperature) => {
    const [y, t] = [randomFloats([3, 5], 1, 2), randomFloats([3, 5], 2, 2)];
    const { loss, metrics } = await checkLoss(runtime, {
      outputs: { y },
      loss: buildObjective(softLabels(temperature), facts),
      feeds: { 'teacher/y/logits': t },
    });
    expect(loss).toBeCloseTo(softExpected(y, t, 5, temperature), 4);
    expect(metrics).toEqual({ 'part/soft-labels': loss });
  });

  it('soft labels take the logits before a final Softmax', async () => {
    const [y, t] = [randomFloats([3, 5], 1, 2), randomFloats([3, 5], 2, 2)];
    const { loss } = await checkLoss(runtime, {
      outputs: { y },
      loss: buildObjective(softLabels(2), facts),
      feeds: { 'teacher/y/logits': t },
      last: (edit, value) => edit.op('Softmax', [value], { axis: intAttribute(1) }),
    });
    expect(loss).toBeCloseTo(softExpected(y, t, 5, 2), 4);
  });

  it('soft labels of a sequence, without the positions that labels leave out', async () => {
    const [y, t] = [randomFloats([2, 3, 4], 1, 2), randomFloats([2, 3, 4], 2, 2)];
    const { loss } = await checkLoss(runtime, {
      outputs: { y },
      loss: buildObjective(softLabels(2), { ...facts, labelledPositions: true }),
      feeds: { 'teacher/y/logits': t, labels: int64s([2, 3], [1, -1, 2, 0, -100, -1]) },
    });
    const counted = (tensor: RuntimeTensor): RuntimeTensor => {
      const rows = [0, 2, 3].flatMap((row) => [...floats(tensor).subarray(row * 4, row * 4 + 4)]);
      return fromFloats([3, 4], Float32Array.from(rows));
    };
    expect(loss).toBeCloseTo(softExpected(counted(y), counted(t), 4, 2), 4);
  });

  it.each([0, 0.1])('cross-entropy of a sequence with smoothing %f', async (smoothing) => {
    const y = randomFloats([2, 3, 4], 3, 2);
    const labels = [1, -1, 2, 0, -100, 3];
    const { loss, metrics } = await checkLoss(runtime, {
      outputs: { y },
      loss: buildObjective(
        only({ kind: 'cross-entropy', output: 'y', weight: 1, smoothing }),
        facts,
      ),
      feeds: { labels: int64s([2, 3], labels) },
    });
    const q = logSoftmax(floats(y), 4);
    let expected = 0;
    let correct = 0;
    labels.forEach((label, row) => {
      if (label < 0) return;
      const z = q.slice(row * 4, row * 4 + 4);
      z.forEach((value, k) => {
        expected -= (value * ((k === label ? 1 - smoothing : 0) + smoothing / 4)) / 4;
      });
      if (z.indexOf(Math.max(...z)) === label) correct++;
    });
    expect(loss).toBeCloseTo(expected, 5);
    expect(metrics['correct']).toBe(correct);
  });

  it('cross-entropy of scores on axis 1 with trailing axes of one', async () => {
    const y = randomFloats([3, 4, 1, 1], 3, 2);
    const { loss } = await checkLoss(runtime, {
      outputs: { y },
      loss: buildObjective(
        only({ kind: 'cross-entropy', output: 'y', weight: 1, smoothing: 0 }),
        facts,
      ),
      feeds: { labels: int64s([3], [1, 3, 0]) },
    });
    const q = logSoftmax(floats(y), 4);
    expect(loss).toBeCloseTo(-((q[1] ?? 0) + (q[7] ?? 0) + (q[8] ?? 0)) / 3, 5);
  });

  it('cross-entropy of mixed labels', async () => {
    const y = randomFloats([2, 3], 3, 2);
    const { loss } = await checkLoss(runtime, {
      outputs: { y },
      loss: buildObjective(only({ kind: 'cross-entropy', output: 'y', weight: 1, smoothing: 0 }), {
        ...facts,
        mixed: true,
      }),
      feeds: {
        labels: int64s([2], [1, 2]),
        'labels/other': int64s([2], [0, 2]),
        'labels/share': fromFloats([2], Float32Array.of(0.7, 0.4)),
      },
    });
    const q = logSoftmax(floats(y), 3);
    expect(loss).toBeCloseTo(-(0.7 * (q[1] ?? 0) + 0.3 * (q[0] ?? 0) + (q[5] ?? 0)) / 2, 5);
  });

  it('squared error relative to the variance of each column of the teacher', async () => {
    const [y, t] = [randomFloats([2, 3, 2], 1), randomFloats([2, 3, 2], 2)];
    const { loss } = await checkLoss(runtime, {
      outputs: { y },
      loss: buildObjective(only({ kind: 'mse', output: 'y', weight: 1 }), {
        ...facts,
        variances: () => float32Tensor([2], [4, 0.5]),
      }),
      feeds: { 'teacher/y': t },
    });
    const [s, u] = [floats(y), floats(t)];
    const squares = s.map((v, i) => (v - (u[i] ?? 0)) ** 2 / (i % 2 === 0 ? 4 : 0.5));
    expect(loss).toBeCloseTo(squares.reduce((sum, v) => sum + v, 0) / 12, 5);
  });

  it('cosine along the last axis', async () => {
    const [y, t] = [randomFloats([2, 3], 1), randomFloats([2, 3], 2, 10)];
    const { loss } = await checkLoss(runtime, {
      outputs: { y },
      loss: buildObjective(only({ kind: 'cosine', output: 'y', weight: 1 }), facts),
      feeds: { 'teacher/y': t },
    });
    const cosine = (row: number): number => {
      const [a, b] = [y, t].map((x) => floats(x).subarray(row * 3, row * 3 + 3));
      const dot = (u?: Float32Array, v?: Float32Array): number =>
        u?.reduce((sum, x, i) => sum + x * (v?.[i] ?? 0), 0) ?? 0;
      return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
    };
    expect(loss).toBeCloseTo(1 - (cosine(0) + cosine(1)) / 2, 5);
  });

  const hint = only({ kind: 'hint', student: 'y', teacher: 'h', weight: 1 });
  it.each([
    { student: [2, 3, 2, 2], teacher: [2, 3, 2, 2], maps: 0 },
    { student: [2, 3, 2, 2], teacher: [2, 4, 2, 2], maps: 1 },
    { student: [2, 2, 3], teacher: [2, 2, 5], maps: 1 },
    { student: [2, 4], teacher: [2, 3], maps: 1 },
  ])('hint from $teacher to $student', async ({ student, teacher }) => {
    const { loss } = await checkLoss(runtime, {
      outputs: { y: randomFloats(student, 1) },
      loss: buildObjective(hint, { ...facts, dims: () => teacher, variance: () => 2 }),
      feeds: { 'teacher/h/inside': randomFloats(teacher, 2) },
    });
    expect(loss).toBeGreaterThan(0.1);
  });

  it('refuses a hint whose sizes differ beyond the channels', async () => {
    const attempt = checkLoss(runtime, {
      outputs: { y: randomFloats([2, 3, 2, 2], 1) },
      loss: buildObjective(hint, { ...facts, dims: () => [2, 4, 4, 4] }),
      feeds: {},
    });
    await expect(attempt).rejects.toMatchObject({ code: 'data/mismatch' });
  });

  it('adds terms by their weights, shares inputs, and names the parts', async () => {
    const objective: Objective = {
      terms: [
        { kind: 'cross-entropy', output: 'y', weight: 0.25, smoothing: 0 },
        { kind: 'soft-labels', output: 'y', weight: 0.75, temperature: 3 },
        { kind: 'mse', output: 'a', weight: 2 },
        { kind: 'mse', output: 'b', weight: 1 },
      ],
    };
    expect(partNames(objective)).toEqual(['cross-entropy', 'soft-labels', 'mse a', 'mse b']);
    const values = {
      y: randomFloats([2, 3], 1),
      a: randomFloats([2, 2], 2),
      b: randomFloats([2, 1], 3),
    };
    const { loss, metrics } = await checkLoss(runtime, {
      outputs: values,
      loss: buildObjective(objective, facts),
      feeds: {
        labels: int64s([2], [1, 2]),
        'teacher/y/logits': randomFloats([2, 3], 5),
        'teacher/a': randomFloats([2, 2], 6),
        'teacher/b': randomFloats([2, 1], 7),
      },
    });
    const parts = partNames(objective).map((name) => metrics[`part/${name}`] ?? Number.NaN);
    expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(loss, 5);
    expect(objective.terms.map(targetInput)).toEqual([
      undefined,
      'teacher/y/logits',
      'teacher/a',
      'teacher/b',
    ]);
  });

  it('refuses outputs that are not there', async () => {
    const attempt = checkLoss(runtime, {
      outputs: { y: randomFloats([2, 3], 1) },
      loss: buildObjective(only({ kind: 'mse', output: 'z', weight: 1 }), facts),
      feeds: {},
    });
    await expect(attempt).rejects.toMatchObject({ code: 'graph/invalid' });
  });
});
