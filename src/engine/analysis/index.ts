export { tensorElements } from './elements.ts';
export * from './parameters.ts';
export * from './shapes.ts';
export * from './statistics.ts';
export * from './weight-sites.ts';
