import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNodeRuntime } from '../../../cli/node-runtime.ts';
import { buildModel, intAttribute, type ModelEdit, type Value } from '../../graph/index.ts';
import type { Runtime } from '../../runtime/index.ts';
import { float32Tensor } from '../../tensor/index.ts';
import { expectGradient } from '../testing/gradient-check.ts';
import { stopsGradient } from './stopped.ts';

const toFloat = { to: intAttribute(1) };
const zero = (edit: ModelEdit): Value => edit.addConstant('zero', float32Tensor([], [0]));

/** Factors that stay the same around almost every x, as models compute them. */
const constantFactors: Record<string, (edit: ModelEdit, x: Value) => Value> = {
  Ceil: (edit, x) => edit.op('Ceil', [x]),
  Floor: (edit, x) => edit.op('Floor', [x]),
  Round: (edit, x) => edit.op('Round', [x]),
  Sign: (edit, x) => edit.op('Sign', [x]),
  'comparison as a number': (edit, x) =>
    edit.op('Cast', [edit.op('Greater', [x, zero(edit)])], toFloat),
  'arithmetic on the shape': (edit, x) => {
    const shape = edit.op('Shape', [x]);
    return edit.op('Cast', [edit.op('ReduceProd', [edit.op('Add', [shape, shape])])], toFloat);
  },
};

describe('operators that stop the gradient', () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await createNodeRuntime('wasm', 1);
  });
  afterAll(() => runtime.dispose());

  it.each(Object.entries(constantFactors))('%s counts as constant', async (name, factor) => {
    await expectGradient(runtime, {
      name,
      variables: { x: [2, 4] },
      domain: (x) => 2 * x + 0.21,
      build: (edit, [x]) => edit.op('Mul', [x, factor(edit, x as Value)]),
    });
  });

  it('tells casts between floating-point types from others', () => {
    const stops = (to: number): boolean => {
      const model = buildModel(18, (edit) => {
        const x = edit.addInput('x', { kind: 'tensor', dtype: 'float32', dims: [1] });
        edit.addOutput(edit.op('Cast', [x], { to: intAttribute(to) }));
      });
      return model.graph.nodes.some((node) => stopsGradient(node));
    };
    expect([1, 10, 11, 16].map(stops)).toEqual([false, false, false, false]);
    expect([6, 7, 9].map(stops)).toEqual([true, true, true]);
  });

  it('does not speak for operators of other domains', () => {
    const model = buildModel(18, (edit) => {
      edit.setOpset('elsewhere', 1);
      const x = edit.addInput('x', { kind: 'tensor', dtype: 'float32', dims: [1] });
      const node = edit.addNode('Round', [x], { domain: 'elsewhere' });
      edit.addOutput(node.outputs[0] as Value);
    });
    expect(model.graph.nodes.map((node) => stopsGradient(node))).toEqual([false]);
  });
});
