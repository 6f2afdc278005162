import type { Rng } from '../../src/engine/core/index.ts';
import { buildModel, type Model } from '../../src/engine/graph/index.ts';
import type { Architecture } from './architectures/architecture.ts';
import { layersOf } from './layers.ts';

export const opset = 18;

/**
 * The network with seeded starting weights: `image` float32 [batch, 1, 28, 28] → `scores` [batch,
 * 10] (logits).
 */
export const buildNetwork = (architecture: Architecture, rng: Rng): Model =>
  buildModel(
    opset,
    (edit) => {
      const image = edit.addInput('image', {
        kind: 'tensor',
        dtype: 'float32',
        dims: ['batch', 1, 28, 28],
      });
      const scores = architecture.build(layersOf(edit, rng), image);
      edit.rename(scores, 'scores');
      edit.setType(scores, { kind: 'tensor', dtype: 'float32', dims: ['batch', 10] });
      edit.addOutput(scores);
    },
    architecture.name,
  );
