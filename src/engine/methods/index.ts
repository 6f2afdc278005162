export * from './method.ts';
export * from './table.ts';
