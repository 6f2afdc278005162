import { describe, expect, it } from 'vitest';
import type { TaughtOutput } from './taught-outputs.ts';
import { labelObjective, teachingObjective } from './teaching-objective.ts';

const scores: TaughtOutput = { name: 'scores', kind: 'classes', width: 10, perSample: true };
const boxes: TaughtOutput = { name: 'boxes', kind: 'values', width: 4, perSample: false };
const face: TaughtOutput = { name: 'face', kind: 'embedding', width: 64, perSample: true };
const options = { temperature: 4, alpha: 0.75 };

describe('teachingObjective', () => {
  it('weighs soft labels with alpha and hard ones with the rest', () => {
    expect(teachingObjective([scores], [], options, scores).terms).toEqual([
      { kind: 'soft-labels', output: 'scores', weight: 0.75, temperature: 4 },
      { kind: 'cross-entropy', output: 'scores', weight: 0.25, smoothing: 0 },
    ]);
    expect(teachingObjective([scores], [], { ...options, alpha: 0 }, scores).terms).toEqual([
      { kind: 'cross-entropy', output: 'scores', weight: 1, smoothing: 0 },
    ]);
  });

  it('takes all from the teacher where there are no labels, whatever alpha says', () => {
    expect(teachingObjective([scores], [], { ...options, alpha: 0 }, undefined).terms).toEqual([
      { kind: 'soft-labels', output: 'scores', weight: 1, temperature: 4 },
    ]);
  });

  it('teaches each output in its own way, all alike in weight, hints half as much together', () => {
    const hints = ['a', 'b'].map((name) => ({ student: name, teacher: name }));
    const { terms } = teachingObjective([scores, boxes, face, boxes], hints, options, undefined);
    expect(terms.map(({ kind, weight }) => [kind, weight])).toEqual([
      ['soft-labels', 0.25],
      ['mse', 0.25],
      ['cosine', 0.125],
      ['mse', 0.125],
      ['mse', 0.25],
      ['hint', 0.25],
      ['hint', 0.25],
    ]);
  });

  it('gives the control hard labels alone', () => {
    expect(labelObjective(scores).terms).toEqual([
      { kind: 'cross-entropy', output: 'scores', weight: 1, smoothing: 0 },
    ]);
  });
});
