export * from './dtype.ts';
export * from './float16-bits.ts';
export * from './float16.ts';
export * from './tensor.ts';
