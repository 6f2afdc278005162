import type { Architecture } from './architecture.ts';

/**
 * A plain chain (Conv, Relu, MaxPool, twice; Conv, Relu, MaxPool; two linear layers): every
 * channel can be cut without touching anything but its neighbours. 61 k parameters, 2 million
 * multiply-adds.
 */
export const digits: Architecture = {
  name: 'digits',
  data: 'mnist',
  title: { en: 'Handwritten digits', ko: '손글씨 숫자' },
  description: {
    en: 'Reads the digits 0 to 9 (MNIST). A plain chain of convolutions.',
    ko: '0부터 9까지의 숫자를 읽습니다(MNIST). 단순한 합성곱 사슬입니다.',
  },
  build(layers, image) {
    const stage = (x: typeof image, name: string, from: number, to: number) =>
      layers.maxPool(layers.relu(layers.conv(x, name, from, to, { bias: true })), 2);
    const features = stage(stage(stage(image, 'conv1', 1, 16), 'conv2', 16, 32), 'conv3', 32, 64);
    const hidden = layers.relu(layers.linear(layers.flatten(features), 'fc1', 576, 64));
    return layers.linear(hidden, 'fc2', 64, 10);
  },
  training: {
    seed: 1,
    epochs: 12,
    batchSize: 64,
    peakLearningRate: 0.05,
    momentum: 0.9,
    weightDecay: 5e-4,
    labelSmoothing: 0.05,
    averageDecay: 0.999,
    augmentation: { shift: 2, flip: false, eraseChance: 0, eraseSize: 0 },
  },
};
