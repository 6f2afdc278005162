import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../../core/index.ts';
import { learningEntries } from '../learning-options.ts';
import { settingsOf, type SettingsRequest } from './settings-of.ts';

const schema = v.object(learningEntries({ epochs: 5, augmentation: 'light' }));
const image = {
  input: 'x',
  layout: 'NCHW',
  height: 28,
  width: 28,
  channels: 1,
  black: [0],
} as const;

const settings = (options: object = {}, request: Partial<SettingsRequest> = {}) =>
  settingsOf({
    options: v.parse(schema, options),
    start: 'cut',
    normed: true,
    image,
    fixedBatch: undefined,
    mixes: false,
    count: 5000,
    rng: createRng(3),
    ...request,
  });

describe('settingsOf', () => {
  it('fits the batch to the data, and gathers it where the model takes few samples at once', () => {
    expect(settings()).toMatchObject({ batchSize: 64, accumulate: 1, batchNormalization: 'batch' });
    expect(settings({}, { count: 20 })).toMatchObject({ batchSize: 16, accumulate: 1 });
    expect(settings({}, { count: 600 })).toMatchObject({ batchSize: 33 });
    expect(settings({ batchSize: 64 }, { count: 600 })).toMatchObject({ batchSize: 64 });
    expect(settings({ batchSize: 64 }, { count: 20 })).toMatchObject({ batchSize: 18 });
    expect(settings({}, { start: 'near' })).toMatchObject({ batchNormalization: 'frozen' });
    expect(settings({}, { fixedBatch: 1 })).toMatchObject({
      batchSize: 1,
      accumulate: 64,
      batchNormalization: 'frozen',
    });
  });

  it('takes the rate given, else one that suits optimizer and start', () => {
    expect(settings({ learningRate: 0.02 }).optimizer).toMatchObject({ learningRate: 0.02 });
    const rates = (['fresh', 'student', 'cut', 'coarse', 'rounded', 'near'] as const).map(
      (start) => settings({}, { start }).optimizer.learningRate,
    );
    expect(rates).toEqual(rates.toSorted((a, b) => b - a));
    expect(settings({}, { normed: false }).optimizer.learningRate).toBeLessThan(rates[2]!);
    expect(settings({ optimizer: 'sgd' }).optimizer).toMatchObject({ kind: 'sgd', momentum: 0.9 });
  });

  it('changes images only, and mirrors them only when asked for more', () => {
    expect(settings().augmentation).toMatchObject({ shift: 2, flip: false, cutoutChance: 0 });
    expect(settings({ augmentation: 'strong' }).augmentation).toMatchObject({
      flip: true,
      cutout: 7,
    });
    expect(settings({ augmentation: 'strong' }, { image: undefined }).augmentation).toMatchObject({
      shift: 0,
      flip: false,
      mixup: 0,
    });
  });

  it('mixes samples where the teacher alone teaches: numbers always, images when asked for more', () => {
    const mixup = (augmentation: string, request: Partial<SettingsRequest>): number =>
      settings({ augmentation }, { mixes: true, ...request }).augmentation.mixup;
    expect(mixup('light', { image: undefined })).toBe(1);
    expect(mixup('light', {})).toBe(0);
    expect(mixup('strong', {})).toBe(1);
    expect(mixup('strong', { mixes: false })).toBe(0);
    expect(mixup('none', { image: undefined })).toBe(0);
  });

  it('gathers the batch from several where memory bears no more, and freezes norms where they are small', () => {
    expect(settings({}, { mostAtOnce: 16 })).toMatchObject({
      batchSize: 16,
      accumulate: 4,
      batchNormalization: 'batch',
    });
    const small = settings({}, { mostAtOnce: 4 });
    expect(small).toMatchObject({ batchSize: 4, accumulate: 16, batchNormalization: 'frozen' });
    // Frozen norms keep nothing in bounds.
    const without = settings({}, { normed: false });
    expect(small.clipNorm).toBe(without.clipNorm);
    expect(small.optimizer).toEqual(without.optimizer);
  });

  it('draws its seed from the stream of the step', () => {
    expect(settings().seed).toBe(settings().seed);
    expect(settings({}, { rng: createRng(4) }).seed).not.toBe(settings().seed);
  });
});
