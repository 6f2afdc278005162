import type { Value } from '../../../src/engine/graph/index.ts';
import type { Augmentation } from '../../../src/engine/train/index.ts';
import type { Layers } from '../layers.ts';

/** One sample network: how it is built and how it is trained. */
export interface Architecture {
  readonly name: 'digits' | 'fashion' | 'fashion-mobile';
  readonly data: 'mnist' | 'fashion';
  readonly title: InLanguages;
  /** What it does and what it is, for the card. */
  readonly description: InLanguages;
  /** image [batch, 1, 28, 28] → class scores [batch, 10]. */
  build(layers: Layers, image: Value): Value;
  readonly training: {
    readonly seed: number;
    readonly epochs: number;
    readonly batchSize: number;
    readonly peakLearningRate: number;
    readonly momentum: number;
    readonly weightDecay: number;
    readonly labelSmoothing: number;
    readonly averageDecay: number;
    readonly augmentation: Augmentation;
  };
}

export interface InLanguages {
  readonly en: string;
  readonly ko: string;
}
