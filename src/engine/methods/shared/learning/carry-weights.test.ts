import { describe, expect, it } from 'vitest';
import { edit, type Model } from '../../../graph/index.ts';
import { float32Tensor, makeTensor, toFloat32, type Tensor } from '../../../tensor/index.ts';
import { tinyModel } from '../../testing/tiny-models.ts';
import { carryWeights, lostWeights } from './carry-weights.ts';

const model = tinyModel((b) => b.output(b.gemm(b.input(['N', 2]), 'fc', 2, 3)));

const constantOf = (of: Model, name: string): Tensor => {
  const found = of.graph.constants.find((value) => value.name === name)?.constant;
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
};

const withConstant = (of: Model, name: string, tensor: Tensor): Model =>
  edit(of, (e) =>
    e.setConstant(e.value(of.graph.constants.find((value) => value.name === name)!), tensor),
  );

describe('carryWeights', () => {
  it('puts trained numbers in by name and leaves the rest the tensors they were', () => {
    const bias = float32Tensor([3], [1, 2, 3]);
    const carried = carryWeights(withConstant(model, 'fc.b', bias), model);
    expect(Array.from(toFloat32(constantOf(carried, 'fc.b')))).toEqual([1, 2, 3]);
    expect(constantOf(carried, 'fc.w')).toBe(constantOf(model, 'fc.w'));
    expect(carryWeights(model, model)).toBe(model);
  });

  it('rounds to float16 where the model stores that', () => {
    const half = withConstant(model, 'fc.b', makeTensor('float16', [3], new Uint8Array(6)));
    const bias = float32Tensor([3], [1, -2, 1 / 3]);
    const carried = constantOf(carryWeights(withConstant(model, 'fc.b', bias), half), 'fc.b');
    expect(carried.dtype).toBe('float16');
    expect(Array.from(toFloat32(carried))).toEqual([1, -2, 0.333251953125]);
  });

  it('never puts a tensor of another shape in, and names what finds no place', () => {
    const wide = withConstant(model, 'fc.b', float32Tensor([4], [1, 2, 3, 4]));
    expect(carryWeights(wide, model)).toBe(model);
    const codes = withConstant(model, 'fc.b', makeTensor('int8', [3], new Uint8Array(3)));
    expect(lostWeights(['fc.w', 'fc.b', 'other'], codes)).toEqual(['fc.b', 'other']);
  });
});
