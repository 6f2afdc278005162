import { describe, expect, test } from 'vitest';
import * as v from 'valibot';
import { chooseChannels } from './choose.ts';
import { pruneChannelsSchema, type PruneChannelsOptions } from './options.ts';

const options = (given: Partial<PruneChannelsOptions>): PruneChannelsOptions =>
  v.parse(pruneChannelsSchema, { method: 'prune-channels', roundTo: 1, minChannels: 1, ...given });
const lists = (kept: readonly Uint32Array[]): number[][] => kept.map((keep) => Array.from(keep));

describe('chooseChannels', () => {
  test('takes the lowest of each layer', () => {
    const kept = chooseChannels(
      [Float64Array.of(4, 1, 3, 2), Float64Array.of(10, 40, 30, 20)],
      options({ ratio: 0.5, scope: 'layer' }),
    );
    expect(lists(kept)).toEqual([
      [0, 2],
      [1, 2],
    ]);
  });

  test('compares layers by their own means: the scale of a layer says nothing', () => {
    const a = Float64Array.of(1, 1, 1, 0.1);
    const b = a.map((score) => score * 1000);
    const kept = chooseChannels([a, b], options({ ratio: 0.25, scope: 'global' }));
    expect(lists(kept)).toEqual([
      [0, 1, 2],
      [0, 1, 2],
    ]);
  });

  test('removes exactly round(ratio × all) where nothing is rounded', () => {
    const layers = [
      Float64Array.from({ length: 37 }, (_, i) => 1 + i),
      Float64Array.from({ length: 20 }, (_, i) => 3 + i),
    ];
    for (const ratio of [0, 0.1, 0.33, 0.5, 0.77]) {
      const kept = chooseChannels(layers, options({ ratio, scope: 'global' }));
      expect(57 - kept.reduce((sum, keep) => sum + keep.length, 0)).toBe(Math.round(ratio * 57));
    }
  });

  test('keeps multiples, the minimum and the limit of a layer', () => {
    const layers = [
      Float64Array.from({ length: 30 }, () => 0),
      Float64Array.from({ length: 30 }, (_, i) => 100 + i),
    ];
    const [low, high] = chooseChannels(
      layers,
      options({ ratio: 0.4, scope: 'global', roundTo: 4, minChannels: 4, layerLimit: 0.6 }),
    );
    expect(low?.length).toBe(12);
    expect(high?.length).toBe(24);
    expect(
      chooseChannels(layers, options({ ratio: 1, scope: 'layer', minChannels: 3 })).map(
        (keep) => keep.length,
      ),
    ).toEqual([3, 3]);
  });

  test('ratio 0 leaves layers whose width is no multiple alone; NaN scores are never cut', () => {
    expect(
      chooseChannels([new Float64Array(10)], options({ ratio: 0, roundTo: 4 }))[0]?.length,
    ).toBe(10);
    const kept = chooseChannels(
      [Float64Array.of(Infinity, 1, Infinity, 2)],
      options({ ratio: 0.5 }),
    );
    expect(lists(kept)).toEqual([[0, 2]]);
  });
});
