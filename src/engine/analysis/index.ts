export { tensorElements } from './elements.ts';
export * from './join-profile.ts';
export * from './layers.ts';
export * from './macs.ts';
export * from './parameters.ts';
export * from './shapes.ts';
export * from './statistics.ts';
export * from './summary.ts';
export * from './weight-sites.ts';
