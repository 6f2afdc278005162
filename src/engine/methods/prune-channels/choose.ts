import type { PruneChannelsOptions } from './options.ts';
import { normalized } from './score.ts';

/**
 * Which channels stay. `layer` scope takes round(ratio × channels) of the lowest scores in each layer, `global` scope
 * round(ratio × all channels) of the lowest normalized scores of the whole model, within each layer's floor. A layer that loses any is then
 * rounded to the nearest multiple of `roundTo`, down or up, so that the total stays near what was asked.
 * Equal scores: the later channel goes first. Returns ascending channel numbers per layer.
 */
export function chooseChannels(
  layers: readonly Float64Array[],
  options: PruneChannelsOptions,
): Uint32Array[] {
  const removed =
    options.scope === 'global'
      ? removedGlobally(layers, options)
      : layers.map((scores) => removedHere(scores, options));
  return layers.map((scores, i) => {
    const target = roundedKeep(scores.length, removed[i] ?? 0, options);
    const order = ascending(scores).slice(scores.length - target);
    return order.toSorted();
  });
}

const removedHere = (scores: Float64Array, options: PruneChannelsOptions): number =>
  Math.min(
    Math.round(options.ratio * scores.length),
    Math.max(0, scores.length - options.minChannels),
  );

function removedGlobally(layers: readonly Float64Array[], options: PruneChannelsOptions): number[] {
  const limit = Math.max(options.layerLimit, options.ratio);
  const room = layers.map((scores) =>
    Math.max(0, Math.min(Math.floor(limit * scores.length), scores.length - options.minChannels)),
  );
  const scores = layers.flatMap((layer) => [...normalized(layer)]);
  const owner = layers.flatMap((layer, i) => Array.from(layer, () => i));
  const removed = layers.map(() => 0);
  let left = Math.round(options.ratio * scores.length);
  for (const entry of ascending(Float64Array.from(scores))) {
    if (left === 0) break;
    const layer = owner[entry] as number;
    if ((removed[layer] as number) >= (room[layer] as number)) continue;
    removed[layer] = (removed[layer] as number) + 1;
    left--;
  }
  return removed;
}

function roundedKeep(channels: number, removed: number, options: PruneChannelsOptions): number {
  if (removed === 0) return channels;
  const nearest = Math.round((channels - removed) / options.roundTo) * options.roundTo;
  return Math.min(
    channels,
    Math.max(nearest, options.minChannels, Math.min(options.roundTo, channels)),
  );
}

/** Places in order of their score, lowest first; of equal ones the later first. */
function ascending(scores: Float64Array): Uint32Array {
  const order = Uint32Array.from(scores, (_, i) => i);
  return order.toSorted((a, b) => {
    const [left, right] = [scores[a] as number, scores[b] as number];
    return left === right ? b - a : left < right ? -1 : 1;
  });
}
