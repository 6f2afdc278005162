export * from './bytes.ts';
export * from './errors.ts';
export * from './result.ts';
export * from './rng.ts';
export * from './task.ts';
