import { edit, type Model, type Node, type Value } from '../../../graph/index.ts';
import { plainTensor } from '../../../passes/index.ts';
import {
  elementCount,
  float32BitsToFloat16,
  makeTensor,
  tensorBytes,
  typedView,
  type Tensor,
} from '../../../tensor/index.ts';
import { storedWeights, storeWeight } from './stored-weights.ts';

/**
 * Trained weights, by name, in the model as it is to be written: the form that was trained has a newer opset and other inputs, and none of
 * that should reach the file. A weight stored in float16 is rounded to it. What did not change stays the tensor it was.
 */
export function carryWeights(trained: Model, into: Model): Model {
  const found = new Map(
    trained.graph.constants.map((value): [string, Value] => [value.name, value]),
  );
  const changes = into.graph.constants.flatMap((value): [Value, Tensor][] => {
    const from = found.get(value.name)?.constant;
    const { constant } = value;
    if (from === undefined || constant === undefined || !takes(constant, from)) return [];
    const tensor = constant.dtype === 'float16' ? rounded(from) : from;
    return sameBytes(tensor, constant) ? [] : [[value, tensor]];
  });
  const stored = storedWeights(into).flatMap((node): [Node, Tensor][] => {
    const from = found.get(node.outputs[0]?.name ?? '')?.constant;
    const was = plainTensor(node);
    return from === undefined || was === undefined || !takes(was, from) || sameBytes(from, was)
      ? []
      : [[node, from]];
  });
  if (changes.length === 0 && stored.length === 0) return into;
  return edit(into, (e) => {
    for (const [value, tensor] of changes) e.setConstant(value, tensor);
    for (const [node, tensor] of stored) storeWeight(e, node, tensor);
    if (stored.length > 0) e.removeDead();
  });
}

/** Names of `trained` constants that would not find their place in `into`. */
export function lostWeights(names: Iterable<string>, into: Model): string[] {
  const places = new Map(
    into.graph.constants.map((value): [string, Tensor | undefined] => [value.name, value.constant]),
  );
  const stored = new Set(storedWeights(into).map(({ outputs: [output] }) => output?.name));
  return [...names].filter((name) => {
    if (stored.has(name)) return false;
    const dtype = places.get(name)?.dtype;
    return dtype !== 'float32' && dtype !== 'float16';
  });
}

const takes = (place: Tensor, tensor: Tensor): boolean =>
  tensor.dtype === 'float32' &&
  (place.dtype === 'float32' || place.dtype === 'float16') &&
  place.dims.join() === tensor.dims.join();

function rounded(tensor: Tensor): Tensor {
  const values = typedView({ ...tensor, dtype: 'float32' });
  const bits = new Uint32Array(values.slice().buffer);
  const halves = new Uint16Array(elementCount(tensor.dims));
  bits.forEach((pattern, i) => (halves[i] = float32BitsToFloat16(pattern)));
  return makeTensor('float16', tensor.dims, new Uint8Array(halves.buffer));
}

function sameBytes(a: Tensor, b: Tensor): boolean {
  if (a === b) return true;
  const [left, right] = [tensorBytes(a), tensorBytes(b)];
  return left.length === right.length && left.every((byte, i) => byte === right[i]);
}
