export * from './dataset.ts';
export { encodeSamples, type SamplesContent } from './encode-samples.ts';
export { isSamples, openSamples, type Samples } from './open-samples.ts';
