import { describe, expect, it } from 'vitest';
import { addToPoints, pointKey } from './points.ts';
import { emptyRecipe, type Point } from './state.ts';
import { openTestStudio } from './studio.test-support.ts';

const settings = { backend: 'wasm', threads: 2, samples: 1000, dims: { a: 1, b: 2 } } as const;

describe('points', () => {
  it('have one key per recipe and conditions, whatever the order of the sizes', () => {
    const key = pointKey(emptyRecipe, settings, 'digits');
    expect(pointKey(emptyRecipe, { ...settings, dims: { b: 2, a: 1 } }, 'digits')).toBe(key);
    expect(pointKey(emptyRecipe, { ...settings, threads: 1 }, 'digits')).not.toBe(key);
    expect(pointKey(emptyRecipe, settings, 'fashion')).not.toBe(key);
    const off = { ...emptyRecipe, steps: [{ method: 'prune-weights', off: true }] };
    expect(pointKey(off, settings, 'digits')).toBe(key);
  });

  it('keep numbers that a later evaluation did not take, and never a quick latency over a full one', async () => {
    const { state } = await openTestStudio();
    const [first] = state().points;
    if (first === undefined) throw new Error('nothing measured');
    const { evaluation, key } = first;
    const { measurements } = evaluation;
    const { latency } = measurements;
    if (latency === undefined) throw new Error('no latency');
    const add = (points: readonly Point[], p50Ms: number, full: boolean): Point[] =>
      addToPoints(points, {
        key,
        origin: 'sweep',
        measured: ['latency'],
        full,
        evaluation: {
          ...evaluation,
          measurements: { ...measurements, accuracy: undefined, latency: { ...latency, p50Ms } },
        },
      });
    const full = add([first], 7, true);
    const quick = add(full, 9, false);
    expect(quick).toHaveLength(1);
    expect(quick[0]?.evaluation.measurements.latency?.p50Ms).toBe(7);
    expect(quick[0]?.evaluation.measurements.accuracy).toEqual(measurements.accuracy);
    expect(quick[0]).toMatchObject({ protocol: 'full', origin: 'user' });
  });

  it('replace verdicts by newer ones, but keep those of the profile until there is a newer profile', async () => {
    const { state } = await openTestStudio();
    const [first] = state().points;
    if (first === undefined) throw new Error('nothing measured');
    const { evaluation, key } = first;
    const verdict = (code: 'speedup-within-noise' | 'fused-int8') => ({
      code,
      data: {},
      message: code,
    });
    const add = (
      points: readonly Point[],
      measured: Point['measured'],
      codes: readonly Parameters<typeof verdict>[0][],
    ): Point[] =>
      addToPoints(points, {
        key,
        origin: 'user',
        measured,
        full: false,
        evaluation: {
          ...evaluation,
          measurements: { ...evaluation.measurements, verdicts: codes.map(verdict) },
        },
      });
    const codes = (points: readonly Point[]) =>
      points[0]?.evaluation.measurements.verdicts.map(({ code }) => code);
    const profiled = add([first], ['profile'], ['speedup-within-noise', 'fused-int8']);
    expect(codes(add(profiled, [], []))).toEqual(['speedup-within-noise', 'fused-int8']);
    expect(codes(add(profiled, ['latency'], []))).toEqual(['fused-int8']);
    expect(codes(add(profiled, ['profile'], []))).toEqual([]);
  });
});
