export { localFunction } from './local-function.ts';
export { type EncodedModel, toModelFile } from './model-file.ts';
export type { ExternalFile } from './place-tensors.ts';
export { readModel, type ReadOptions, requiredExternalFiles } from './read-model.ts';
export {
  modelSize,
  writeBytes,
  writeModel,
  type WriteOptions,
  type WrittenModel,
} from './write-model.ts';
