import type { Value } from '../../graph/index.ts';
import { typedView } from '../../tensor/index.ts';

/**
 * The elements of an int64 or int32 value that is constant, row by row: itself, or through operators that only change its shape or join
 * such lists (exporters write axes and starts like that). undefined for anything computed from an input.
 */
export function constantInts(value: Value | undefined): number[] | undefined {
  const tensor = value?.constant;
  if (tensor?.dtype === 'int64') return Array.from(typedView(tensor) as BigInt64Array, Number);
  if (tensor?.dtype === 'int32') return Array.from(typedView(tensor) as Int32Array);
  const producer = value?.producer;
  if (producer === undefined || producer.domain !== '') return undefined;
  if (reshaping.has(producer.opType)) return constantInts(producer.inputs[0]);
  if (producer.opType !== 'Concat') return undefined;
  const parts = producer.inputs.map(constantInts);
  const known = parts.filter((part) => part !== undefined);
  return known.length === parts.length ? known.flat() : undefined;
}

/** They keep the order of the elements. */
const reshaping: ReadonlySet<string> = new Set([
  'Cast',
  'Flatten',
  'Identity',
  'Reshape',
  'Squeeze',
  'Unsqueeze',
]);
