import type { Node } from '../../graph/index.ts';

/**
 * Operators through which no gradient flows: their outputs are no floating-point numbers, or are
 * constant around almost every input. What they compute does not count as depending on a weight,
 * so that shape arithmetic and comparisons need no rules.
 */
const stopping: ReadonlySet<string> = new Set([
  'And',
  'ArgMax',
  'ArgMin',
  'Bernoulli',
  'BitShift',
  'Ceil',
  'ConstantOfShape',
  'Equal',
  'EyeLike',
  'Floor',
  'Greater',
  'GreaterOrEqual',
  'IsInf',
  'IsNaN',
  'Less',
  'LessOrEqual',
  'Multinomial',
  'NonZero',
  'Not',
  'Or',
  'RandomNormalLike',
  'RandomUniformLike',
  'Round',
  'Shape',
  'Sign',
  'Size',
  'Xor',
]);

/** ONNX data types that carry gradients: float32, float16, float64, bfloat16. */
const floating: ReadonlySet<number> = new Set([1, 10, 11, 16]);

/** True when no output of the node depends differentiably on any of its inputs. */
export function stopsGradient(node: Node): boolean {
  if (node.domain !== '') return false;
  if (node.opType === 'Cast') return !floating.has(castTarget(node));
  return stopping.has(node.opType);
}

function castTarget(node: Node): number {
  const to = node.attributes.get('to');
  return to?.kind === 'int' ? Number(to.value) : 0;
}
