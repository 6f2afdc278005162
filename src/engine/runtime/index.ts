export * from './default-dims.ts';
export * from './direct.ts';
export * from './log-capture.ts';
export { crossesRuntime } from './ort-tensors.ts';
export * from './parse-profile.ts';
export * from './port.ts';
export * from './synthetic-inputs.ts';
export * from './watchdog.ts';
