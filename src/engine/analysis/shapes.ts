import type { Value } from '../graph/index.ts';

/** Measured shapes: what ONNX Runtime really produced for one input (design, decision 2). Constants have theirs as well. */
export type ShapeMap = ReadonlyMap<Value, readonly number[]>;
