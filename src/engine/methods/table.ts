import { distill } from './distill/index.ts';
import type { Method } from './method.ts';
import { pruneChannels } from './prune-channels/index.ts';
import { pruneWeights } from './prune-weights/index.ts';
import { quantizeFloat16 } from './quantize-float16/index.ts';
import { quantizeInt8 } from './quantize-int8/index.ts';
import { quantizeWeights } from './quantize-weights/index.ts';
import { recover } from './recover/index.ts';

/** All techniques, in the order in which steps usually follow one another. One folder, one row. */
export const methods: readonly Method[] = [
  pruneWeights,
  pruneChannels,
  distill,
  quantizeInt8,
  quantizeWeights,
  quantizeFloat16,
  recover,
];

export const methodById = (id: string): Method | undefined =>
  methods.find((method) => method.id === id);
