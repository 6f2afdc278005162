import { EngineError } from '../core/index.ts';
import type { FidelityMeasurement } from './measurement.ts';
import type { OutputSet } from './output-set.ts';
import { topClasses } from './class-scores.ts';

/**
 * How far a variant's outputs are from the original's on the same inputs, over all comparable outputs joined:
 *   SQNR = 10 · log10(Σ ref² ÷ Σ (ref − x)²) dB   (Infinity when equal; a NaN on either side alone makes it −Infinity)
 *   maxAbsError = max |ref − x|                   (Infinity for a NaN on one side alone)
 *   top1Agreement = share of samples whose leading class is the same, where the first output is a row of class scores.
 * Throws `data/mismatch` when the two sets are not of the same samples and shapes.
 */
export function measureFidelity(
  reference: OutputSet,
  variant: OutputSet,
  inputs: FidelityMeasurement['inputs'],
): FidelityMeasurement {
  const samples = Math.min(reference.samples, variant.samples);
  if (samples === 0)
    throw new EngineError('data/empty', { where: 'fidelity', detail: 'no outputs to compare' });
  let signal = 0;
  let noise = 0;
  let maxAbsError = 0;
  let agreeing = 0;
  for (let i = 0; i < samples; i++) {
    const ref = reference.rows[i] as Float32Array;
    const row = variant.rows[i] as Float32Array;
    if (ref.length !== row.length)
      throw new EngineError('data/mismatch', {
        where: 'fidelity',
        detail: `the original gives ${ref.length} numbers per sample, the variant ${row.length}`,
      });
    for (let k = 0; k < ref.length; k++) {
      const a = ref[k] as number;
      const error = differenceOf(a, row[k] as number);
      if (Number.isFinite(a)) signal += a * a;
      noise += error * error;
      if (error > maxAbsError) maxAbsError = error;
    }
    if (reference.classes >= 2 && leader(ref, reference.classes) === leader(row, reference.classes))
      agreeing++;
  }
  return {
    top1Agreement: reference.classes >= 2 ? agreeing / samples : undefined,
    sqnrDb: decibels(signal, noise),
    maxAbsError,
    samples,
    inputs,
  };
}

/** Equal infinities and two NaN are no error; one alone is the largest. */
function differenceOf(a: number, b: number): number {
  if (Object.is(a, b) || a === b) return 0;
  const difference = Math.abs(a - b);
  return Number.isNaN(difference) ? Infinity : difference;
}

function decibels(signal: number, noise: number): number {
  if (noise === 0) return Infinity;
  return signal === 0 ? -Infinity : 10 * Math.log10(signal / noise);
}

const leader = (row: Float32Array, classes: number): number =>
  topClasses(row.subarray(0, classes), 1)[0] ?? -1;
