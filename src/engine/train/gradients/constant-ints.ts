import type { Value } from '../../graph/index.ts';
import { typedView } from '../../tensor/index.ts';

/** The elements of a constant int64 or int32 value; undefined for anything computed at run time. */
export function constantInts(value: Value | undefined): number[] | undefined {
  const tensor = value?.constant;
  if (tensor?.dtype === 'int64') return Array.from(typedView(tensor) as BigInt64Array, Number);
  if (tensor?.dtype === 'int32') return Array.from(typedView(tensor) as Int32Array);
  return undefined;
}
