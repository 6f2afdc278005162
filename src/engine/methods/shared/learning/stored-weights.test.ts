import { describe, expect, it } from 'vitest';
import { edit, intAttribute, isOp, type Model } from '../../../graph/index.ts';
import { modelSize } from '../../../onnx/index.ts';
import { float32Tensor, makeTensor, toFloat32, type Tensor } from '../../../tensor/index.ts';
import { tinyModel } from '../../testing/tiny-models.ts';
import { carryWeights, lostWeights } from './carry-weights.ts';
import { storedWeights, withFloatWeights } from './stored-weights.ts';

const int8 = (dims: readonly number[], values: readonly number[]): Tensor =>
  makeTensor('int8', dims, new Uint8Array(Int8Array.from(values).buffer));
const uint8 = (dims: readonly number[], values: readonly number[]): Tensor =>
  makeTensor('uint8', dims, Uint8Array.from(values));

interface Stored {
  readonly codes: Tensor;
  readonly scale: Tensor;
  readonly zero?: Tensor;
  readonly axis?: number;
}

/** x [N, 2] · dequantized w [2, 3] */
const stored = ({ codes, scale, zero, axis }: Stored): Model =>
  tinyModel((b) => {
    const inputs = [b.e.addConstant('q', codes), b.e.addConstant('s', scale)];
    if (zero !== undefined) inputs.push(b.e.addConstant('z', zero));
    const attributes = axis === undefined ? {} : { axis: intAttribute(axis) };
    const w = b.op('DequantizeLinear', inputs, attributes);
    b.e.rename(w, 'w');
    b.output(b.op('MatMul', [b.input(['N', 2]), w]));
  });

const codes = int8([2, 3], [1, -2, 3, -4, 5, 127]);
const perTensor = stored({ codes, scale: float32Tensor([], [0.5]) });

/** The model as it was trained: other floats in place of the weight. */
const trainedTo = (model: Model, values: readonly number[]): Model => {
  const float = withFloatWeights(model);
  const w = float.graph.constants.find(({ name }) => name === 'w')!;
  return edit(float, (e) => e.setConstant(e.value(w), float32Tensor([2, 3], values)));
};

const weightOf = (model: Model): number[] => {
  const w = withFloatWeights(model).graph.constants.find(({ name }) => name === 'w');
  return Array.from(toFloat32(w!.constant!));
};

describe('weights that are stored as bytes', () => {
  it('learn as the floats they stand for, under the same name', () => {
    expect(weightOf(perTensor)).toEqual([0.5, -1, 1.5, -2, 2.5, 63.5]);
    expect(lostWeights(['w'], perTensor)).toEqual([]);
    expect(withFloatWeights(perTensor).graph.nodes.map(({ opType }) => opType)).toEqual(['MatMul']);
  });

  it.each<[string, Model, readonly number[], number]>([
    ['one scale', perTensor, [0.1, -0.2, 0, 0.4, -0.508, 0.3], 0.002],
    [
      'a scale per column',
      stored({ codes, scale: float32Tensor([3], [0.5, 0.5, 0.5]), axis: 1 }),
      [0.1, -20, 0, 0.127, 3, 300],
      0.08,
    ],
    [
      'a zero point',
      stored({
        codes: uint8([2, 3], [1, 2, 3, 4, 5, 6]),
        scale: float32Tensor([], [0.5]),
        zero: uint8([], [100]),
      }),
      [0.1, -0.2, 0, 0.4, -0.5, 1.55],
      0.006,
    ],
  ])('are bytes again with %s', (_name, model, values, tolerance) => {
    const after = carryWeights(trainedTo(model, values), model);
    const [before, now] = [model, after].map(
      ({ graph }) => graph.nodes.find((node) => isOp(node, 'DequantizeLinear'))!,
    );
    expect(now!.inputs[0]!.constant!.dtype).toBe(before!.inputs[0]!.constant!.dtype);
    expect(now!.inputs[1]!.constant!.dims).toEqual(before!.inputs[1]!.constant!.dims);
    expect(now!.inputs[2]?.constant).toEqual(before!.inputs[2]?.constant);
    expect(modelSize(after)).toBe(modelSize(model));
    weightOf(after).forEach((value, i) => {
      expect(Math.abs(value - values[i]!)).toBeLessThanOrEqual(tolerance);
      if (values[i] === 0) expect(value).toBe(0);
    });
  });

  it('get a scale of their own where two share one', () => {
    const shared = tinyModel((b) => {
      const scale = b.e.addConstant('s', float32Tensor([], [0.5]));
      const [w, v] = ['w', 'v'].map((name) => {
        const made = b.op('DequantizeLinear', [b.e.addConstant(`q${name}`, codes), scale]);
        b.e.rename(made, name);
        return b.op('MatMul', [b.input(['N', 2], `x${name}`), made]);
      });
      b.output(b.op('Add', [w, v]));
    });
    const after = withFloatWeights(carryWeights(trainedTo(shared, [1, 1, 1, 1, 1, 1]), shared));
    const values = (name: string): number[] =>
      Array.from(toFloat32(after.graph.constants.find((c) => c.name === name)!.constant!));
    for (const value of values('w')) expect(value).toBeCloseTo(1, 6);
    expect(values('v')).toEqual([0.5, -1, 1.5, -2, 2.5, 63.5]);
  });

  it('stay the bytes they were where nothing was learnt', () => {
    expect(carryWeights(withFloatWeights(perTensor), perTensor)).toBe(perTensor);
  });

  it('are left alone where activations are rounded too', () => {
    const rounded = edit(perTensor, (e) => {
      const [y] = e.model.graph.outputs;
      const step = e.addConstant('step', float32Tensor([], [0.1]));
      const rounded8 = e.op('QuantizeLinear', [y, step]);
      e.setOutputs([e.op('DequantizeLinear', [rounded8, step])]);
    });
    expect(storedWeights(rounded)).toEqual([]);
    expect(lostWeights(['w'], rounded)).toEqual(['w']);
  });
});
