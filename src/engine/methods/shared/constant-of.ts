import { isOp, type Value } from '../../graph/index.ts';
import type { Tensor } from '../../tensor/index.ts';

/** The tensor of an initializer or of a Constant node; undefined for anything computed or in a short form (value_float …). */
export function constantOf(value: Value | undefined): Tensor | undefined {
  if (value?.constant !== undefined) return value.constant;
  if (!isOp(value?.producer, 'Constant')) return undefined;
  const attribute = value.producer.attributes.get('value');
  return attribute?.kind === 'tensor' ? attribute.value : undefined;
}
