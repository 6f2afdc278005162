import type { Model } from '../../../src/engine/graph/index.ts';
import type { Rng } from '../../../src/engine/core/index.ts';
import type { InLanguages } from '../architectures/architecture.ts';
import type { TokenizerKind } from './train-tokenizer.ts';

/** One sample network that reads text: its tokenizer, how it is built and how it is trained. */
export interface TextArchitecture {
  readonly name: 'mail' | 'story';
  readonly task: 'classification' | 'language-model';
  readonly title: InLanguages;
  /** What it does and what it is, for the card. */
  readonly description: InLanguages;
  readonly tokenizer: { readonly kind: TokenizerKind; readonly size: number };
  /** Tokens that it reads at once, at most. */
  readonly context: number;
  /** The network with seeded starting weights, for a vocabulary of that many tokens. */
  build(vocabulary: number, rng: Rng): Model;
  readonly training: TextTraining;
}

/** AdamW, linear warm-up, cosine schedule. */
export interface TextTraining {
  readonly seed: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly peakLearningRate: number;
  /** Share of all steps with a rising learning rate. */
  readonly warmup: number;
  readonly weightDecay: number;
  readonly labelSmoothing: number;
  readonly averageDecay: number;
}
