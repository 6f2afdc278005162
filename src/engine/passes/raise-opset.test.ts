import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createNodeRuntime } from '../../cli/node-runtime.ts';
import { createRng } from '../core/index.ts';
import {
  edit,
  floatAttribute,
  intAttribute,
  intsAttribute,
  stringAttribute,
  verify,
  type Model,
  type Value,
} from '../graph/index.ts';
import { syntheticInputs, type Runtime } from '../runtime/index.ts';
import { float32Tensor } from '../tensor/index.ts';
import {
  expectOtherFunction,
  expectSameFunction,
} from '../methods/testing/expect-same-function.ts';
import { tinyModel, type TinyBuilder } from '../methods/testing/tiny-models.ts';
import { modelOpset, opsetObstacle, raiseIrVersion, raiseOpset } from './raise-opset.ts';

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createNodeRuntime('wasm', 1);
});
afterAll(() => runtime.dispose());

const raised = (model: Model, to: number): Model =>
  edit(model, (e) => {
    raiseIrVersion(e, 10);
    raiseOpset(e, to);
  });

const oneOp = (
  opset: number,
  dims: readonly number[],
  make: (b: TinyBuilder, x: Value) => Value,
): Model => tinyModel((b) => b.output(make(b, b.input(dims))), opset);

const noop = { alpha: floatAttribute(1) };

/** Operators whose nodes are written differently in a newer opset: old form, version it comes from. */
const cases: readonly (readonly [string, Model])[] = [
  ['Squeeze', oneOp(11, [1, 4, 1], (b, x) => b.op('Squeeze', [x], { axes: intsAttribute([2]) }))],
  ['Unsqueeze', oneOp(11, [4], (b, x) => b.op('Unsqueeze', [x], { axes: intsAttribute([0, 2]) }))],
  ['ReduceSum', oneOp(11, [3, 4], (b, x) => b.op('ReduceSum', [x], { axes: intsAttribute([1]) }))],
  [
    'ReduceMean',
    oneOp(13, [3, 4], (b, x) => b.op('ReduceMean', [x], { axes: intsAttribute([0]) })),
  ],
  ['ReduceMax of all', oneOp(13, [3, 4], (b, x) => b.op('ReduceMax', [x]))],
  [
    'Split in parts',
    tinyModel((b) => {
      const x = b.input([6, 4]);
      const node = b.e.addNode('Split', [x], {
        outputs: 2,
        attributes: { axis: intAttribute(0), split: intsAttribute([2, 4]) },
      });
      for (const part of node.outputs as Value[]) b.output(b.op('LeakyRelu', [part], noop));
    }, 11),
  ],
  [
    'Split evenly',
    tinyModel((b) => {
      const node = b.e.addNode('Split', [b.input([6, 4])], { outputs: 3 });
      for (const part of node.outputs as Value[]) b.output(b.op('LeakyRelu', [part], noop));
    }, 13),
  ],
  [
    'Clip',
    oneOp(9, [20], (b, x) =>
      b.op('Clip', [x], { min: floatAttribute(-0.5), max: floatAttribute(0.5) }),
    ),
  ],
  ['Clip from below', oneOp(9, [20], (b, x) => b.op('Clip', [x], { min: floatAttribute(0) }))],
  [
    'Pad',
    oneOp(9, [2, 3], (b, x) =>
      b.op('Pad', [x], { pads: intsAttribute([1, 0, 0, 2]), value: floatAttribute(7) }),
    ),
  ],
  [
    'Slice to the end of int64',
    oneOp(9, [4, 5], (b, x) =>
      b.op('Slice', [x], {
        starts: intsAttribute([1]),
        ends: intsAttribute([9223372036854775807n]),
        axes: intsAttribute([1]),
      }),
    ),
  ],
  ['Softmax over all that follows', oneOp(11, [2, 3, 4], (b, x) => b.op('Softmax', [x]))],
  [
    'Softmax over the last axis',
    oneOp(11, [2, 3], (b, x) => b.op('Softmax', [x], { axis: intAttribute(1) })),
  ],
  [
    'LogSoftmax',
    oneOp(11, [2, 3, 4], (b, x) => b.op('LogSoftmax', [x], { axis: intAttribute(1) })),
  ],
  ['Dropout', oneOp(10, [4], (b, x) => b.op('Dropout', [x], { ratio: floatAttribute(0.3) }))],
  [
    'Dropout whose mask nobody reads',
    tinyModel((b) => {
      const node = b.e.addNode('Dropout', [b.input([4])], { outputs: 2 });
      b.output(node.outputs[0] as Value);
    }, 7),
  ],
  ...(['nearest', 'linear'] as const).flatMap((mode): [string, Model][] => [
    [
      `Upsample ${mode}, factors as an attribute`,
      oneOp(7, [1, 2, 3, 4], (b, x) =>
        b.op('Upsample', [x], {
          mode: stringAttribute(mode),
          scales: { kind: 'floats', value: [1, 1, 2, 1.5] },
        }),
      ),
    ],
    [
      `Upsample ${mode}, factors as an input`,
      oneOp(9, [1, 2, 3, 4], (b, x) =>
        b.op('Upsample', [x, b.e.addConstant('scales', float32Tensor([4], [1, 1, 3, 2]))], {
          mode: stringAttribute(mode),
        }),
      ),
    ],
  ]),
  [
    'Scatter',
    oneOp(9, [4], (b, x) => b.op('Scatter', [x, b.integers('at', [2, 0]), b.weight('w', [2])])),
  ],
  ['BatchNormalization', oneOp(8, [1, 3, 4, 4], (b, x) => b.batchNorm(x, 'bn', 3))],
  [
    'Resize',
    oneOp(10, [1, 1, 3, 3], (b, x) =>
      b.op('Resize', [x, b.e.addConstant('scales', float32Tensor([4], [1, 1, 2, 1.5]))], {
        mode: stringAttribute('nearest'),
      }),
    ),
  ],
  [
    'TopK',
    tinyModel((b) => {
      const node = b.e.addNode('TopK', [b.input([8])], {
        outputs: 2,
        attributes: { k: intAttribute(3) },
      });
      b.output(node.outputs[0] as Value);
    }, 9),
  ],
];

describe('a model that moved to a newer opset computes the same', () => {
  test.each(cases)('%s', async (_name, model) => {
    const feeds = syntheticInputs(model, createRng(3));
    for (const to of [13, 21].filter((version) => version > modelOpset(model))) {
      expect(opsetObstacle(model, to)).toBeUndefined();
      const moved = raised(model, to);
      expect(verify(moved)).toEqual([]);
      expect(modelOpset(moved)).toBe(to);
      await expectSameFunction(model, moved, { runtime, feeds, tolerance: 0 });
    }
  });

  test('negative control: setting the version alone changes what Softmax means', async () => {
    const model = oneOp(11, [2, 3, 4], (b, x) => b.op('Softmax', [x], { axis: intAttribute(1) }));
    const wrong = edit(model, (e) => e.setOpset('', 13));
    const feeds = syntheticInputs(model, createRng(3));
    await expectOtherFunction(model, wrong, { runtime, feeds, tolerance: 1e-3 });
  });
});

describe('obstacles name the node', () => {
  const obstacle = (model: Model, to: number): string | undefined =>
    opsetObstacle(model, to)?.detail;

  test.each([
    ['an unknown operator', oneOp(11, [4], (b, x) => b.op('Unheard', [x])), /Unheard is not known/],
    [
      'a mask that is read',
      tinyModel((b) => {
        const node = b.e.addNode('Dropout', [b.input([4])], { outputs: 2 });
        for (const output of node.outputs as Value[]) b.output(output);
      }, 10),
      /Dropout: its mask is read/,
    ],
    [
      'Upsample in a mode of its own',
      oneOp(9, [1, 1, 2, 2], (b, x) => b.op('Upsample', [x, x], { mode: stringAttribute('odd') })),
      /Upsample: its mode/,
    ],
    ['an opset before 7', oneOp(6, [4], (b, x) => b.op('Relu', [x])), /opset 6 is older/],
    [
      'a removed resizing mode',
      oneOp(11, [1, 1, 2, 2], (b, x) =>
        b.op('Resize', [x, x, x], {
          coordinate_transformation_mode: stringAttribute('tf_half_pixel_for_nn'),
        }),
      ),
      /tf_half_pixel_for_nn/,
    ],
  ])('%s', (_name, model, reason) => {
    expect(obstacle(model, 21)).toMatch(reason);
  });

  test('nothing is in the way of staying where one is', () => {
    const model = oneOp(11, [4], (b, x) => b.op('Unheard', [x]));
    expect(obstacle(model, 11)).toBeUndefined();
  });
});

test('an initializer that had to be listed as an input before IR version 4 is no input afterwards', () => {
  const model = edit(
    tinyModel((b) => b.output(b.gemm(b.input([1, 4]), 'fc', 4, 2)), 9),
    (e) => {
      e.setIrVersion(3);
      (e.model.graph.inputs as Value[]).push(...e.model.graph.constants);
    },
  );
  expect(model.graph.inputs).toHaveLength(3);
  expect(raised(model, 13).graph.inputs.map((input) => input.name)).toEqual(['x']);
});
