import type { RuntimeTensor } from '../../../../src/engine/runtime/index.ts';

/** Rows of tokens as int64 [rows, sequence]. */
export const tokenRows = (rows: readonly (readonly number[])[]): RuntimeTensor => ({
  dtype: 'int64',
  dims: [rows.length, rows[0]?.length ?? 0],
  data: new Uint8Array(BigInt64Array.from(rows.flat(), BigInt).buffer),
});
