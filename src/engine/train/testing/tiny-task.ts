import { createRng } from '../../core/index.ts';
import {
  buildModel,
  floatAttribute,
  intAttribute,
  intsAttribute,
  type Model,
} from '../../graph/index.ts';
import { filled, heNormal, xavierUniform } from '../initializers.ts';
import type { ImageSet } from '../image-batches.ts';

/**
 * A task a tiny network learns in a few dozen steps: is the bright bar of an 8 × 8 image upright,
 * flat or absent?
 */
export function barImages(count: number, seed: number): ImageSet {
  const rng = createRng(seed);
  const images = new Uint8Array(count * 64);
  const labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const label = rng.integer(3);
    const place = rng.integer(8);
    labels[i] = label;
    for (let j = 0; j < 64; j++) {
      const onBar = label === 0 ? j % 8 === place : label === 1 && Math.floor(j / 8) === place;
      images[i * 64 + j] = rng.integer(120) + (onBar ? 130 : 0);
    }
  }
  return { images, labels, height: 8, width: 8, channels: 1 };
}

/**
 * Conv, BatchNormalization, Relu, MaxPool, depthwise Conv with a skip, mean over space, Gemm:
 * [batch, 1, 8, 8] → [batch, 3].
 */
export const tinyNetwork = (seed = 1): Model =>
  buildModel(18, (edit) => {
    const rng = createRng(seed);
    const image = edit.addInput('image', {
      kind: 'tensor',
      dtype: 'float32',
      dims: ['batch', 1, 8, 8],
    });
    const padded = { pads: intsAttribute([1, 1, 1, 1]) };
    const conv = edit.op(
      'Conv',
      [image, edit.addConstant('conv.weight', heNormal([8, 1, 3, 3], rng.fork('conv')))],
      padded,
    );
    const norm = edit.op(
      'BatchNormalization',
      [
        conv,
        edit.addConstant('norm.gamma', filled([8], 1)),
        edit.addConstant('norm.beta', filled([8], 0)),
        edit.addConstant('norm.mean', filled([8], 0)),
        edit.addConstant('norm.variance', filled([8], 1)),
      ],
      { momentum: floatAttribute(0.8) },
    );
    const pooled = edit.op('MaxPool', [edit.op('Relu', [norm])], {
      kernel_shape: intsAttribute([2, 2]),
      strides: intsAttribute([2, 2]),
    });
    const depthwise = edit.op(
      'Conv',
      [
        pooled,
        edit.addConstant('depthwise.weight', heNormal([8, 1, 3, 3], rng.fork('depthwise'))),
        edit.addConstant('depthwise.bias', filled([8], 0)),
      ],
      { ...padded, group: intAttribute(8) },
    );
    const features = edit.op('Flatten', [
      edit.op('GlobalAveragePool', [edit.op('Relu', [edit.op('Add', [depthwise, pooled])])]),
    ]);
    const scores = edit.op(
      'Gemm',
      [
        features,
        edit.addConstant('classifier.weight', xavierUniform([3, 8], rng.fork('classifier'))),
        edit.addConstant('classifier.bias', filled([3], 0)),
      ],
      { transB: intAttribute(1) },
    );
    edit.rename(scores, 'scores');
    edit.addOutput(scores);
  });
