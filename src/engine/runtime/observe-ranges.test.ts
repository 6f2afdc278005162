import { afterAll, describe, expect, it } from 'vitest';
import { createNodeRuntime } from '../../cli/node-runtime.ts';
import { quietTask } from '../core/index.ts';
import { buildModel, type Model, type Value } from '../graph/index.ts';
import { float16ToNumber, float32Tensor, makeTensor, numberToFloat16 } from '../tensor/index.ts';
import { captureActivations } from './capture-activations.ts';
import { observeRanges } from './observe-ranges.ts';
import type { Feeds } from './port.ts';

const runtime = await createNodeRuntime('wasm', 1);
afterAll(() => runtime.dispose());

/** y = 2x, z = y − 1. */
function chain(opset: number, dtype: 'float32' | 'float16'): Model {
  const constant = (value: number) =>
    dtype === 'float32'
      ? float32Tensor([], [value])
      : makeTensor('float16', [], new Uint8Array(Uint16Array.of(numberToFloat16(value)).buffer));
  return buildModel(opset, (e) => {
    const x = e.addInput('x', { kind: 'tensor', dtype, dims: [undefined] });
    const [y] = e.addNode('Mul', [x, e.addConstant('two', constant(2))], {
      outputs: ['y'],
    }).outputs;
    const [z] = e.addNode('Sub', [y, e.addConstant('one', constant(1))], {
      outputs: ['z'],
    }).outputs;
    e.setType(z!, { kind: 'tensor', dtype, dims: [undefined] });
    e.addOutput(z!);
  });
}

const values = (model: Model): Value[] => [
  model.graph.inputs[0]!,
  ...model.graph.nodes.map((node) => node.outputs[0]!),
];

function feed(dtype: 'float32' | 'float16', numbers: readonly number[]): Feeds {
  const array =
    dtype === 'float32' ? Float32Array.from(numbers) : Uint16Array.from(numbers, numberToFloat16);
  return { x: { dtype, dims: [numbers.length], data: new Uint8Array(array.buffer) } };
}

async function* each(...feeds: Feeds[]): AsyncGenerator<Feeds> {
  for (const one of feeds) yield await Promise.resolve(one);
}

describe.each([
  [11, 'float32'],
  [13, 'float32'],
  [17, 'float32'],
  [18, 'float32'],
  [13, 'float16'],
  [18, 'float16'],
] as const)('opset %i, %s', (opset, dtype) => {
  it('finds the extremes over all batches', async () => {
    const model = chain(opset, dtype);
    const batches = each(feed(dtype, [0.5, 3]), feed(dtype, [-1.25, 0, 2]));
    const ranges = await observeRanges(model, runtime, values(model), batches, quietTask);
    expect(values(model).map((value) => ranges.get(value))).toEqual([
      { min: -1.25, max: 3 },
      { min: -2.5, max: 6 },
      { min: -3.5, max: 5 },
    ]);
  });

  it('hands out whole activations as float32', async () => {
    const model = chain(opset, dtype);
    const capture = await captureActivations(model, runtime, values(model));
    const seen = await capture.run(feed(dtype, [1, -0.5]));
    expect(values(model).map((value) => [...(seen.get(value)?.data ?? [])])).toEqual([
      [1, -0.5],
      [2, -1],
      [1, -2],
    ]);
    expect(seen.get(model.graph.inputs[0]!)?.dims).toEqual([2]);
    await capture.release();
  });
});

it('reports nothing for nothing', async () => {
  const model = chain(17, 'float32');
  expect((await observeRanges(model, runtime, [], each(), quietTask)).size).toBe(0);
  expect((await observeRanges(model, runtime, values(model), each(), quietTask)).size).toBe(0);
  expect(float16ToNumber(numberToFloat16(-1.25))).toBe(-1.25);
});
