export { tensorElements } from './elements.ts';
export * from './shapes.ts';
export * from './statistics.ts';
export * from './weight-sites.ts';
