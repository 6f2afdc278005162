import {
  edit,
  intAttribute,
  type Model,
  type ModelEdit,
  type Node,
  type Value,
} from '../../graph/index.ts';
import { float32Tensor, type Tensor } from '../../tensor/index.ts';
import { wantedAt, type Assignment, type FloatType } from './assign.ts';
import { dtypeCodes } from './value-types.ts';

/** Carries an assignment out; `half` converts a tensor, or puts a blank one of the same size in its place. */
export function rewrite(
  model: Model,
  assignment: Assignment,
  half: (tensor: Tensor) => Tensor,
): Model {
  const opset = model.opsets.get('') ?? 0;
  return edit(model, (e) => {
    const casts = castMaker(e);
    for (const { value, inPlace } of assignment.constants)
      convertConstant(e, value, inPlace, half, wants);
    for (const node of assignment.makers) convertMaker(e, node, half);
    for (const [value, type] of assignment.values) {
      const target = e.value(value);
      if (type === 'float16') setFloat16(e, target);
      for (const use of value.uses) {
        const wanted = wants(use.node, use.index);
        if (wanted !== 'any' && wanted !== type)
          e.setInput(use.node, use.index, casts(target, wanted));
      }
    }
    convertOutputs(e, model, assignment, casts);
  });

  function wants(node: Node, index: number): FloatType | 'any' {
    return wantedAt(node, index, assignment.half, model, opset);
  }
}

type Wants = (node: Node, index: number) => FloatType | 'any';
type Casts = (value: Value, to: FloatType) => Value;

/** One Cast per value and type, shared by all readers. */
function castMaker(e: ModelEdit): Casts {
  const made = new Map<Value, Value>();
  return (value, to) => {
    const known = made.get(value);
    if (known !== undefined) return known;
    const node = e.addNode('Cast', [value], {
      name: `${value.name}_to_${to}`,
      attributes: { to: intAttribute(dtypeCodes[to]) },
    });
    const output = node.outputs[0] as Value;
    made.set(value, output);
    return output;
  };
}

function convertConstant(
  e: ModelEdit,
  value: Value,
  inPlace: boolean,
  half: (tensor: Tensor) => Tensor,
  wants: Wants,
): void {
  const tensor = half(value.constant as Tensor);
  if (inPlace) return e.setConstant(value, tensor);
  const copy = e.addConstant(`${value.name}_float16`, tensor);
  for (const use of value.uses)
    if (wants(use.node, use.index) === 'float16') e.setInput(use.node, use.index, copy);
}

/** Cast takes the target as an attribute; Constant and ConstantOfShape take a tensor (the latter one 0 unless it says otherwise). */
function convertMaker(e: ModelEdit, node: Node, half: (tensor: Tensor) => Tensor): void {
  if (node.opType === 'Cast') return e.setAttribute(node, 'to', intAttribute(dtypeCodes.float16));
  const value = node.attributes.get('value');
  const single = node.attributes.get('value_float');
  const list = node.attributes.get('value_floats');
  let tensor = float32Tensor([1], [0]);
  if (value?.kind === 'tensor') tensor = value.value;
  else if (single?.kind === 'float') tensor = float32Tensor([], [single.value]);
  else if (list?.kind === 'floats') tensor = float32Tensor([list.value.length], list.value);
  e.setAttribute(node, 'value_float', undefined);
  e.setAttribute(node, 'value_floats', undefined);
  e.setAttribute(node, 'value', { kind: 'tensor', value: half(tensor) });
}

function setFloat16(e: ModelEdit, value: Value): void {
  if (value.type?.kind === 'tensor') e.setType(value, { ...value.type, dtype: 'float16' });
}

/** Outputs of the model keep their name; with `keepIo` they keep float32 as well, else all of them become float16. */
function convertOutputs(e: ModelEdit, model: Model, assignment: Assignment, casts: Casts): void {
  const wanted: FloatType = assignment.keepIo ? 'float32' : 'float16';
  for (const output of model.graph.outputs) {
    const type = assignment.values.get(output);
    if (type === undefined || type === wanted) continue;
    const value = e.value(output);
    const dims = value.type?.kind === 'tensor' ? value.type.dims : undefined;
    const cast = casts(value, wanted);
    e.setType(cast, { kind: 'tensor', dtype: wanted, dims });
    e.replaceUses(
      value,
      cast,
      value.uses.map(({ node }) => node),
    );
  }
}
