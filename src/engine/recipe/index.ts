export * from './parse.ts';
export * from './plan.ts';
export * from './recipe.ts';
export * from './run.ts';
