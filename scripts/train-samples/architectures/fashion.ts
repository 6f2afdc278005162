import type { Value } from '../../../src/engine/graph/index.ts';
import type { Layers } from '../layers.ts';
import type { Architecture } from './architecture.ts';

/**
 * A residual network (He et al. 2016) in three stages of 16, 32 and 64 channels at 28², 14² and
 * 7²: 1, 1 and 2 blocks; the first block of a later stage halves the size and has a 1×1
 * convolution on its skip. 151 k parameters, 13 million multiply-adds.
 */
export const fashion: Architecture = {
  name: 'fashion',
  data: 'fashion',
  title: { en: 'Clothes', ko: '의류' },
  description: {
    en: 'Tells ten kinds of clothing apart (Fashion-MNIST). A residual network with skip connections.',
    ko: '열 가지 의류를 구분합니다(Fashion-MNIST). 건너뛰기 연결이 있는 잔차 신경망입니다.',
  },
  build(layers, image) {
    let x = layers.relu(convNorm(layers, image, 'stem', 1, 16, 3, 1));
    x = block(layers, x, 'stage1.0', 16, 16, 1);
    x = block(layers, x, 'stage2.0', 16, 32, 2);
    x = block(layers, x, 'stage3.0', 32, 64, 2);
    x = block(layers, x, 'stage3.1', 64, 64, 1);
    return layers.linear(layers.flatten(layers.globalAverage(x)), 'classifier', 64, 10);
  },
  training: {
    seed: 2,
    epochs: 8,
    batchSize: 128,
    peakLearningRate: 0.15,
    momentum: 0.9,
    weightDecay: 5e-4,
    labelSmoothing: 0.1,
    averageDecay: 0.998,
    augmentation: { shift: 1, flip: true, eraseChance: 0.2, eraseSize: 8 },
  },
};

const convNorm = (
  layers: Layers,
  x: Value,
  name: string,
  from: number,
  to: number,
  kernel: number,
  stride: number,
) =>
  layers.batchNorm(
    layers.conv(x, `${name}.conv`, from, to, { kernel, stride }),
    `${name}.norm`,
    to,
  );

function block(
  layers: Layers,
  x: Value,
  name: string,
  from: number,
  to: number,
  stride: number,
): Value {
  const first = layers.relu(convNorm(layers, x, `${name}.a`, from, to, 3, stride));
  const second = convNorm(layers, first, `${name}.b`, to, to, 3, 1);
  const skip =
    stride === 1 && from === to ? x : convNorm(layers, x, `${name}.skip`, from, to, 1, stride);
  return layers.relu(layers.add(second, skip));
}
