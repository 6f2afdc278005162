export * from './method.ts';
export * from './table.ts';
export { sessionOptionsFor } from './shared/session-options.ts';
