export * from './expose-weights.ts';
export * from './fold-batch-norm.ts';
export * from './hoist-constants.ts';
export * from './raise-opset.ts';
export { unfuseAttention } from './unfuse-attention.ts';
export { plainTensor, unpackWeights } from './unpack-weights.ts';
export * from './unlist-weights.ts';
export { widenFloats } from './widen-floats.ts';
