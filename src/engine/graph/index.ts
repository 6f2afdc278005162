export * from './build.ts';
export { edit, newValue, type ModelEdit, type NodeOptions } from './edit.ts';
export * from './model.ts';
export * from './read.ts';
export * from './verify.ts';
