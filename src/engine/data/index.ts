export { applyPreprocess } from './apply-preprocess.ts';
export { batches, type Batch, type BatchOptions } from './batches.ts';
export { crc32 } from './crc32.ts';
export * from './dataset.ts';
export { decodeImage } from './decode-image.ts';
export { encodeSamples, type SamplesContent } from './encode-samples.ts';
export { guessPreprocess, type GuessRequest, type ModelHints } from './guess-preprocess.ts';
export { idxLabelsPath } from './idx-dataset.ts';
export type { DataFile } from './image-folder.ts';
export { openDataset, type OpenDatasetOptions } from './open-dataset.ts';
export { isSamples, openSamples, type Samples } from './open-samples.ts';
export { pixelsDataset, type PixelArrays } from './pixels-dataset.ts';
export { splitDataset, splitIndices, type Split, type SplitRequest } from './split-indices.ts';
export { validatePreprocess } from './validate-preprocess.ts';
export { tokenDataset } from './token-dataset.ts';
export { tokenFeeds, type TokenFeeds } from './token-feeds.ts';
export { planTokens, tokenInputs, type TokenInputs, type TokenPlan } from './token-plan.ts';
export { openTokenizer, type TextTokenizer } from './tokenizer.ts';
export {
  encodeTextSamples,
  openTextSamples,
  type TextSamples,
  type TextSamplesContent,
} from './text-samples.ts';
