export * from './batches.ts';
export { differentiate, type DifferentiateOptions } from './differentiate.ts';
export {
  differentiableOperators,
  gradientTable,
  type DifferentiableOperator,
} from './gradients/table.ts';
export * from './image-batches.ts';
export * from './initializers.ts';
export * from './loop.ts';
export { crossEntropy } from './losses/cross-entropy.ts';
export type { BuiltLoss, Loss, LossContext } from './losses/loss.ts';
export type { Optimizer, UpdateContext, Updated } from './optimizers/optimizer.ts';
export { sgd, type SgdOptions } from './optimizers/sgd.ts';
export * from './schedule.ts';
export { trainableWeights } from './trainable-weights.ts';
export { trainedModel } from './trained-model.ts';
export * from './training-graph.ts';
export * from './validate.ts';
