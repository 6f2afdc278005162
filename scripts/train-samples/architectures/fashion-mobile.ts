import type { Value } from '../../../src/engine/graph/index.ts';
import type { Layers } from '../layers.ts';
import type { Architecture } from './architecture.ts';

/**
 * Inverted bottlenecks (MobileNetV2, Sandler et al. 2018): widen with 1×1, filter each channel
 * alone with 3×3, narrow with 1×1; Relu6 between, a skip where the shape stays. 14² → 7².
 */
export const fashionMobile: Architecture = {
  name: 'fashion-mobile',
  data: 'fashion',
  title: { en: 'Clothes, mobile', ko: '의류, 모바일' },
  description: {
    en: 'Tells ten kinds of clothing apart (Fashion-MNIST). Depthwise-separable inverted bottlenecks, as made for phones.',
    ko: '열 가지 의류를 구분합니다(Fashion-MNIST). 휴대전화용으로 만들어진 깊이별 분리 역병목 구조입니다.',
  },
  build(layers, image) {
    const stem = layers.conv(image, 'stem.conv', 1, 24, { stride: 2 });
    let x = layers.relu6(norm(layers, stem, 'stem.norm', 24));
    x = bottleneck(layers, x, 'block1', 24, 24, 3, 1);
    x = bottleneck(layers, x, 'block2', 24, 48, 4, 2);
    x = bottleneck(layers, x, 'block3', 48, 48, 4, 1);
    x = bottleneck(layers, x, 'block4', 48, 48, 4, 1);
    x = bottleneck(layers, x, 'block5', 48, 48, 4, 1);
    x = layers.relu6(
      norm(layers, layers.conv(x, 'head.conv', 48, 128, { kernel: 1 }), 'head.norm', 128),
    );
    return layers.linear(layers.flatten(layers.globalAverage(x)), 'classifier', 128, 10);
  },
  training: {
    seed: 3,
    epochs: 5,
    batchSize: 64,
    peakLearningRate: 0.1,
    momentum: 0.9,
    weightDecay: 2e-4,
    labelSmoothing: 0.1,
    averageDecay: 0.999,
    augmentation: { shift: 1, flip: true, eraseChance: 0.2, eraseSize: 8 },
  },
};

const norm = (layers: Layers, x: Value, name: string, channels: number): Value =>
  layers.batchNorm(x, name, channels);

function bottleneck(
  layers: Layers,
  x: Value,
  name: string,
  from: number,
  to: number,
  expansion: number,
  stride: number,
): Value {
  const wide = from * expansion;
  const widened = layers.relu6(
    norm(
      layers,
      layers.conv(x, `${name}.expand`, from, wide, { kernel: 1 }),
      `${name}.norm1`,
      wide,
    ),
  );
  const filtered = layers.relu6(
    norm(
      layers,
      layers.conv(widened, `${name}.depthwise`, wide, wide, { stride, groups: wide }),
      `${name}.norm2`,
      wide,
    ),
  );
  const narrowed = norm(
    layers,
    layers.conv(filtered, `${name}.project`, wide, to, { kernel: 1 }),
    `${name}.norm3`,
    to,
  );
  return stride === 1 && from === to ? layers.add(narrowed, x) : narrowed;
}
