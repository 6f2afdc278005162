import { describe, expect, it } from 'vitest';
import {
  buildModel,
  intAttribute,
  intsAttribute,
  stringAttribute,
  type ModelEdit,
  type Value,
} from '../graph/index.ts';
import { int64Tensor } from '../tensor/index.ts';
import { nodesForCpu } from './nodes-for-cpu.ts';

const pair = { kernel_shape: intsAttribute([2, 2]) };
const ints = (edit: ModelEdit, ...values: number[]): Value =>
  edit.addConstant('ints', int64Tensor([values.length], values));

/** The operators left to the CPU in a graph of one input of four axes. */
function leftToCpu(build: (edit: ModelEdit, x: Value) => Value): readonly string[] {
  const model = buildModel(18, (edit) => {
    const x = edit.addInput('x', { kind: 'tensor', dtype: 'float32', dims: ['batch', 4, 6, 6] });
    edit.addOutput(build(edit, x));
  });
  const names = nodesForCpu(model);
  return model.graph.nodes.filter(({ name }) => names.includes(name)).map((node) => node.opType);
}

const transpose =
  (group: number, dims: readonly number[], through?: string) =>
  (edit: ModelEdit, x: Value): Value => {
    const w = edit.addInput('w', { kind: 'tensor', dtype: 'float32', dims });
    const weight = through === undefined ? w : edit.op(through, [w]);
    return edit.op('ConvTranspose', [x, weight], { group: intAttribute(group) });
  };

const slice =
  (...steps: number[]) =>
  (edit: ModelEdit, x: Value): Value =>
    edit.op('Slice', [x, ints(edit, -1), ints(edit, 0), ints(edit, 2), ints(edit, ...steps)]);

const einsum =
  (equation: string) =>
  (edit: ModelEdit, x: Value): Value =>
    edit.op('Einsum', [x], { equation: stringAttribute(equation) });

describe('nodesForCpu', () => {
  it.each([
    ['a pool without indices', (edit, x) => edit.op('MaxPool', [x], pair)],
    ['a transpose in one group', transpose(1, [4, 1, 3, 3])],
    ['a depthwise transpose', transpose(4, [4, 1, 3, 3])],
    ['an equation of letters', einsum('abcd->abdc')],
    ['a depthwise transpose of rounded weights', transpose(4, [4, 1, 3, 3], 'Round')],
    ['groups with two outputs each', transpose(2, [4, 2, 3, 3])],
    ['a slice forwards', slice(2)],
    ['a slice backwards by one', slice(-1)],
  ] satisfies [string, Parameters<typeof leftToCpu>[0]][])('nothing: %s', (_, build) => {
    expect(leftToCpu(build)).toEqual([]);
  });

  it.each([
    ['MaxPool', 'with indices', pooledWithIndices],
    ['ConvTranspose', 'of several inputs to one output', transpose(2, [4, 1, 3, 3])],
    ['ConvTranspose', 'the same, of rounded weights', transpose(2, [4, 1, 3, 3], 'Round')],
    ['ConvTranspose', 'in groups, of a shape not known', transpose(4, [4, 1, 3, 3], 'Softmax')],
    ['ConvTranspose', 'of three axes', transpose(1, [4, 2, 3, 3, 3])],
    ['Slice', 'backwards by two', slice(-2)],
    ['Einsum', 'with an ellipsis', einsum('...cd->...dc')],
  ] satisfies [string, string, Parameters<typeof leftToCpu>[0]][])('%s %s', (opType, _, build) => {
    expect(leftToCpu(build)).toEqual([opType]);
  });
});

function pooledWithIndices(edit: ModelEdit, x: Value): Value {
  const node = edit.addNode('MaxPool', [x], { outputs: 2, attributes: pair });
  const scattered = edit.op('Cast', [node.outputs[1]], { to: intAttribute(1) });
  return edit.op('Add', [node.outputs[0], scattered]);
}
