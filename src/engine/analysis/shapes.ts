/** Measured shapes (design, decision 2); measured by runtime/shapes.ts, named here for those who only analyse. */
export type { ShapeMap } from '../runtime/index.ts';
