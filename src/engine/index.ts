/** The engine's façade: what the worker and the command line may use. */
export * from './analysis/index.ts';
export * from './core/index.ts';
export * from './data/index.ts';
export * from './graph/index.ts';
export * from './measure/index.ts';
export * from './methods/index.ts';
export * from './onnx/index.ts';
export * from './recipe/index.ts';
export * from './runtime/index.ts';
export * from './tensor/index.ts';
export type {
  CheckpointStore,
  TrainingHost,
  TrainingReport,
  TrainingRun,
  ValidationPoint,
} from './train/index.ts';
