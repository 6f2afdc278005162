export * from './bind-dataset.ts';
export * from './context.ts';
export * from './inputs.ts';
export { modelHints } from './model-hints.ts';
export * from './observe.ts';
export * from './parse.ts';
export * from './plan.ts';
export * from './recipe.ts';
export * from './run.ts';
