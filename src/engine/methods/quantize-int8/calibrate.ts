import { EngineError } from '../../core/index.ts';
import type { Model } from '../../graph/index.ts';
import { observeRanges, type Feeds, type ObservedRange } from '../../runtime/index.ts';
import type { ApplyContext } from '../method.ts';
import {
  asymmetricAffine,
  int8Grid,
  nonNegativeAffine,
  raisedAffine,
  symmetricAffine,
  uint8Grid,
  type Affine,
  type Grid,
} from '../shared/affine.ts';
import type { QuantizeInt8Options } from './options.ts';
import type { ScaleGroup } from './place-pairs.ts';

/**
 * Min-max calibration: the model runs on samples, and the smallest and largest number each value ever had become the ends of its grid
 * (Krishnamoorthi 2018, §3.1). One outlier widens the grid for all; nothing seen in calibration is clipped.
 */
export async function calibrate(
  model: Model,
  groups: readonly ScaleGroup[],
  options: QuantizeInt8Options,
  context: ApplyContext,
): Promise<Affine[]> {
  const { runtime, calibration } = context;
  if (runtime === undefined || calibration === undefined)
    throw new EngineError('method/refused', {
      where: 'quantize-int8',
      detail: `static quantization runs the model on samples, and there ${runtime === undefined ? 'is no runtime' : 'are no samples'}`,
      hint: 'Give data, or choose mode "dynamic" or "weights-only"',
    });
  const observed = groups.map((group) => group.observe);
  const ranges = await observeRanges(
    model,
    runtime,
    observed,
    atMost(calibration, options.samples),
    context.task,
  );
  return groups.map((group) => affineOf(group, ranges.get(group.observe), options));
}

/** Whole batches until `samples` rows have been given. */
async function* atMost(batches: AsyncIterable<Feeds>, samples: number): AsyncGenerator<Feeds> {
  let given = 0;
  for await (const feeds of batches) {
    yield feeds;
    given += Object.values(feeds)[0]?.dims[0] ?? 1;
    if (given >= samples) return;
  }
}

export const activationGrid = (options: QuantizeInt8Options): Grid =>
  options.activations === 'uint8' ? uint8Grid : int8Grid;

export function affineOf(
  group: ScaleGroup,
  range: ObservedRange | undefined,
  options: QuantizeInt8Options,
): Affine {
  const where = group.observe.name;
  if (range === undefined)
    throw new EngineError('data/empty', {
      where: 'calibration',
      detail: 'there was not one batch of samples',
    });
  const { min, max } = range;
  if (!Number.isFinite(min) || !Number.isFinite(max))
    throw new EngineError('method/refused', {
      where,
      detail: `it ranges from ${min} to ${max} on the calibration samples, which no grid covers`,
      hint: 'Check the samples and their preprocessing, or name the layer in "keep"',
    });
  const grid = activationGrid(options);
  if (group.clamp !== undefined && group.keepsClamp) return raisedAffine(max, grid);
  if (group.clamp !== undefined) return nonNegativeAffine(max, group.clamp.ceiling, grid);
  if (options.activations === 'int8-symmetric') return symmetricAffine(Math.max(-min, max), grid);
  return asymmetricAffine(min, max, grid);
}
