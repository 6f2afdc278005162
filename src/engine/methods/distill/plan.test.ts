import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNodeRuntime } from '../../../cli/node-runtime.ts';
import { createRng, quietTask } from '../../core/index.ts';
import { countParameters } from '../../analysis/index.ts';
import type { Model } from '../../graph/index.ts';
import { defaultDims, measureShapes, syntheticInputs, type Runtime } from '../../runtime/index.ts';
import { float32Tensor, makeTensor } from '../../tensor/index.ts';
import type { ModelShelf } from '../method.ts';
import { contextOf, planOf, refusalOf } from '../testing/method-context.ts';
import { plainChain, tinyModel } from '../testing/tiny-models.ts';
import { distill } from './index.ts';
import { plan } from './plan.ts';

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createNodeRuntime('wasm', 1);
});
afterAll(() => runtime.dispose());

const shapesOf = (model: Model) =>
  measureShapes(
    model,
    runtime,
    syntheticInputs(model, createRng(1), defaultDims(model)),
    quietTask,
  );

describe('planning a student', () => {
  it('is exact before anything is trained, and smaller for a smaller width', async () => {
    const model = plainChain();
    const shapes = await shapesOf(model);
    const half = planOf(distill, model, { student: { width: 0.5, depth: 1 } }, { shapes });
    const third = planOf(distill, model, { student: { width: 0.3, depth: 1 } }, { shapes });
    expect(third.predicted.params).toBeLessThan(half.predicted.params ?? 0);
    expect(third.predicted.macs).toBeLessThan(half.predicted.macs ?? 0);
    expect(half.predicted.weightBytes).toBeLessThan(0);
  });

  it('names the operator that no gradient passes', async () => {
    const model = tinyModel((b) => {
      const x = b.op('Det', [
        b.op('Reshape', [b.gemm(b.input(['N', 4]), 'fc', 4, 9), b.integers('s', [-1, 3, 3])]),
      ]);
      b.output(b.gemm(b.op('Reshape', [x, b.integers('t', [-1, 1])]), 'out', 1, 4));
    });
    const refusal = refusalOf(distill, model, {}, { shapes: await shapesOf(model) });
    expect(refusal.detail).toContain('no gradient is known for ai.onnx.Det');
  });

  it('takes weights that are merely stored as integers, not a model that rounds', async () => {
    const model = (rounds: boolean): Model =>
      tinyModel((b) => {
        const step = b.e.addConstant('step', float32Tensor([], [0.02]));
        const bytes = Uint8Array.from({ length: 128 }, (_, i) => i * 37);
        const codes = b.e.addConstant('codes', makeTensor('int8', [8, 16], bytes));
        const hidden = b.gemm(b.input(['N', 4]), 'in', 4, 8);
        const seen = rounds
          ? b.op('DequantizeLinear', [b.op('QuantizeLinear', [hidden, step]), step])
          : hidden;
        const wide = b.op('MatMul', [seen, b.op('DequantizeLinear', [codes, step])]);
        b.output(b.gemm(b.op('Relu', [wide]), 'out', 16, 3));
      });
    const stored = model(false);
    const half = planOf(distill, stored, {}, { shapes: await shapesOf(stored) });
    expect(half.predicted.params).toBeLessThan(countParameters(stored).total);
    const rounded = model(true);
    const refusal = refusalOf(distill, rounded, {}, { shapes: await shapesOf(rounded) });
    expect(refusal.detail).toContain('quantized already');
  });

  it('needs shapes', () => {
    expect(refusalOf(distill, plainChain(), {}).detail).toContain('shapes');
  });
});

describe("a student of one's own", () => {
  const options = (file: string) => ({
    ...planOptions,
    studentModel: { file },
  });
  const planOptions = {
    method: 'distill',
    student: { width: 0.5, depth: 1 },
    weights: 'important',
    temperature: 4,
    alpha: 0.9,
    labels: 'auto',
    outputs: 'auto',
    epochs: 1,
    batchSize: 'auto',
    optimizer: 'adamw',
    learningRate: 'auto',
    augmentation: 'none',
    samples: 10,
    hints: false,
    control: false,
  } as const;
  const chain = (inputs: number, outputs: number, names: readonly [string, string]): Model =>
    tinyModel((b) => {
      const y = b.gemm(b.input(['N', inputs], names[0]), 'fc', inputs, outputs);
      b.e.rename(y, names[1]);
      b.e.setType(y, { kind: 'tensor', dtype: 'float32', dims: ['N', outputs] });
      b.output(y);
    });
  const teacher = chain(4, 3, ['x', 'y']);
  const given =
    (model: Model): ModelShelf =>
    ({ file }) =>
      file === 'open.onnx' ? model : undefined;
  const planned = (model: Model, file = 'open.onnx') =>
    plan(teacher, options(file), { ...contextOf(teacher), models: given(model) });

  it("takes the teacher's names, even where they change places", () => {
    const result = planned(chain(4, 3, ['y', 'x']));
    if (!result.ok) throw result.error;
    const { graph } = result.value.preview?.() ?? teacher;
    expect([...graph.inputs, ...graph.outputs].map(({ name }) => name)).toEqual(['x', 'y']);
    expect(result.value.predicted).toMatchObject({ params: 15, weightBytes: 0 });
  });

  it.each<[string, Model, string, string]>([
    ['is not open', teacher, 'other.onnx', 'not open'],
    ['takes something else', chain(5, 3, ['x', 'y']), 'open.onnx', 'float32[N, 5]'],
    ['gives something else', chain(4, 2, ['x', 'y']), 'open.onnx', 'float32[N, 2]'],
  ])('is refused where it %s', (_, model, file, words) => {
    const result = planned(model, file);
    expect(result.ok).toBe(false);
    if (!result.ok) expect(result.error.detail).toContain(words);
  });
});
