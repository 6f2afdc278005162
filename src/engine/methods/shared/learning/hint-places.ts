import { isOp, type Model, type Value } from '../../../graph/index.ts';
import type { ShapeMap } from '../../../runtime/index.ts';
import type { HintPlace } from './teaching-objective.ts';

/**
 * Where hints are taken (Romero et al. 2015): the ends of a few blocks, spread over the depth, that both models have under one name and
 * with the same sizes but for the channels: those in `preferred` where there are such. A block ends in a sum, an activation or a norm, right before the size changes or a sum.
 */
export function hintPlaces(
  student: Model,
  studentShapes: ShapeMap,
  teacher: Model,
  teacherShapes: ShapeMap,
  preferred: readonly string[],
  most = 3,
): HintPlace[] {
  const own = new Map<string, Value>();
  for (const node of student.graph.nodes)
    for (const output of node.outputs) if (output !== undefined) own.set(output.name, output);
  const wanted = new Set(preferred);
  const isShared = (value: Value): boolean => {
    const other = own.get(value.name);
    const [dims, otherDims] = [teacherShapes.get(value), other && studentShapes.get(other)];
    return dims !== undefined && otherDims !== undefined && sameButChannels(dims, otherDims);
  };
  const known = valuesOf(teacher, ({ name }) => wanted.has(name)).filter(isShared);
  const shared = known.length > 0 ? known : blockEnds(teacher).filter(isShared);
  const count = Math.min(most, shared.length);
  return Array.from({ length: count }, (_, i) => {
    const { name } = shared[Math.floor(((i + 0.5) * shared.length) / count)] as Value;
    return { student: name, teacher: name };
  });
}

/** Activations behind a sum where the model has sums (residual blocks); else all activations and layer norms. */
function blockEnds(model: Model): Value[] {
  const sums = valuesOf(
    model,
    ({ producer }) =>
      isOp(producer, ...activations, 'LayerNormalization') &&
      isOp(producer.inputs[0]?.producer, 'Add', 'Sum'),
  );
  return sums.length >= 2
    ? sums
    : valuesOf(model, ({ producer }) => isOp(producer, ...activations));
}

const valuesOf = (model: Model, picks: (value: Value) => boolean): Value[] =>
  model.graph.nodes.flatMap((node) =>
    node.outputs.flatMap((value) => (value !== undefined && picks(value) ? [value] : [])),
  );

const activations = ['Relu', 'Clip', 'LeakyRelu', 'HardSwish', 'Gelu', 'Elu', 'PRelu', 'Sigmoid'];

/** [N, C, …] with equal sizes after the channels, or [N, S, C] with equal sizes before them. */
function sameButChannels(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length || a.length < 2) return false;
  const channels = a.length === 4 ? 1 : a.length - 1;
  return a.every((size, axis) => axis === channels || size === b[axis]);
}
