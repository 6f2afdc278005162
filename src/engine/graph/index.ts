export * from './build.ts';
export type { Mutable, MutableGraph } from './copy.ts';
export { edit, type ModelEdit, type NodeOptions } from './edit.ts';
export * from './model.ts';
export * from './new-value.ts';
export * from './print.ts';
export * from './read.ts';
export * from './sort.ts';
export * from './verify.ts';
