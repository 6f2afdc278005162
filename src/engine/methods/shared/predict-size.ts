import type { Model } from '../../graph/index.ts';
import { modelSize } from '../../onnx/index.ts';

/**
 * Change of the written file in bytes from `before` to `after`, exact because the writer itself counts both: a smaller dimension
 * also shortens varints and length prefixes, which no formula over the weights would see. `after` may hold blank tensors.
 */
export const predictSizeChange = (before: Model, after: Model): number =>
  modelSize(after) - modelSize(before);
