import type { ByteSource } from '../core/index.ts';
import type { DType } from '../tensor/index.ts';
import type { RuntimeLikeTensor } from './tensors.ts';

/**
 * A Dataset answers for single samples by index; nothing is decoded before it is asked for. The order of samples is the
 * file's; sampling and splitting are done by index lists (split.ts), seeded.
 */
export interface Dataset {
  readonly name: string;
  readonly kind: 'images' | 'arrays' | 'text' | 'synthetic';
  readonly count: number;
  /** Class names, where the source has them. */
  readonly classes: readonly string[] | undefined;
  /** Class index per sample, or undefined when there are no labels. */
  readonly labels: Int32Array | undefined;
  /** Shape of one sample as stored, e.g. [28, 28, 1] HWC bytes; images of a folder vary (undefined). */
  readonly sampleDims: readonly number[] | undefined;
  /** Where the source has its own test part: samples from this index on. They come after all training samples. */
  readonly testFrom?: number;
  /** The tokenizer file that came with a text, where one did. */
  readonly tokenizerFile?: ByteSource;
  /** One raw sample: pixels (HWC, uint8) or a float array as it is. */
  sample(index: number): Promise<RawSample>;
}

export type RawSample =
  | {
      readonly kind: 'pixels';
      readonly width: number;
      readonly height: number;
      readonly channels: 1 | 3 | 4;
      readonly data: Uint8Array;
    }
  | { readonly kind: 'array'; readonly dims: readonly number[]; readonly data: Float32Array }
  | { readonly kind: 'text'; readonly text: string }
  /** Text cut into tokens for one model (`tokenDataset`). */
  | { readonly kind: 'tokens'; readonly ids: Int32Array; readonly text: string };

/** Turns raw samples into model input. Exactly the command line's `--preprocess` JSON. */
export interface Preprocess {
  readonly layout: 'NCHW' | 'NHWC';
  /** [height, width]. */
  readonly size: readonly [number, number];
  readonly resize: 'crop' | 'stretch' | 'none';
  readonly channels: 'RGB' | 'BGR' | 'GRAY';
  /** A byte 0..255 is mapped to this range, then mean and std per channel. */
  readonly range: readonly [number, number];
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** Added to a label to get the model's class index. */
  readonly classOffset: number;
  /** For integer inputs only: a value v is given as round(v ÷ scale) + zeroPoint. Absent: v itself, rounded. */
  readonly quantization?: { readonly scale: number; readonly zeroPoint: number };
}

/** What a model's input asks for (structurally the runtime's ValueInfo). */
export interface InputSpec {
  readonly name: string;
  readonly dtype: DType;
  /** Fixed sizes as numbers, symbolic ones as strings. */
  readonly dims: readonly (number | string)[];
}

/** Where a preprocessing came from: shown to the user, who may change it. */
export interface GuessedPreprocess {
  readonly preprocess: Preprocess;
  /** One plain sentence per guess and its ground. */
  readonly reasons: readonly string[];
}

export type { RuntimeLikeTensor };
