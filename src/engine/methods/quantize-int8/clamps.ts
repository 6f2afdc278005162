import { isOp, type Node } from '../../graph/index.ts';
import { constantOf } from '../shared/constant-of.ts';
import { floatValues } from '../shared/float-values.ts';

/** A Relu, or a Clip from 0: what QuantizeLinear's own clamp can stand in for. `ceiling` is the Clip's upper end. */
export interface Clamp {
  readonly ceiling: number | undefined;
}

export function clampOf(node: Node | undefined): Clamp | undefined {
  if (isOp(node, 'Relu')) return { ceiling: undefined };
  if (!isOp(node, 'Clip')) return undefined;
  const min = clipLimit(node, 'min', 1, -Infinity);
  const max = clipLimit(node, 'max', 2, Infinity);
  if (min !== 0 || max === undefined || max <= 0) return undefined;
  return { ceiling: max === Infinity ? undefined : max };
}

/** Limits of a Clip: attributes before opset 11, inputs since; undefined where computed or not float32. */
function clipLimit(node: Node, name: string, index: number, open: number): number | undefined {
  const attribute = node.attributes.get(name);
  if (attribute?.kind === 'float') return attribute.value;
  const input = node.inputs[index];
  if (input === undefined) return open;
  const tensor = constantOf(input);
  return tensor?.dtype === 'float32' ? floatValues(tensor)[0] : undefined;
}
