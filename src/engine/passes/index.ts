export * from './expose-weights.ts';
export * from './fold-batch-norm.ts';
export * from './hoist-constants.ts';
export * from './raise-opset.ts';
export * from './unlist-weights.ts';
