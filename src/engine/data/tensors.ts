import type { DType } from '../tensor/index.ts';

/** The shape of a runtime tensor; `data` may not import `runtime` (border table), so the structure is repeated as a type. */
export interface RuntimeLikeTensor {
  readonly dtype: DType;
  readonly dims: readonly number[];
  readonly data: Uint8Array | readonly string[];
}
