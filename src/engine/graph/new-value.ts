import type { Mutable } from './copy.ts';
import type { Use, Value, ValueType } from './model.ts';

/** A value that nothing produces or reads yet. */
export function newValue(
  name: string,
  type: ValueType | undefined,
): Mutable<Value> & { uses: Use[] } {
  return { name, type, producer: undefined, uses: [], constant: undefined };
}
