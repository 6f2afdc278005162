import { describe, expect, it } from 'vitest';
import { createRng, EngineError } from '../core/index.ts';
import { buildModel, type Model, type ModelEdit, type Value } from '../graph/index.ts';
import { float32Tensor } from '../tensor/index.ts';
import type { RuntimeTensor } from './port.ts';
import { syntheticInputs } from './synthetic-inputs.ts';

const model = (build: (e: ModelEdit) => Value): Model =>
  buildModel(17, (e) => e.addOutput(build(e)));
const integers = (tensor: RuntimeTensor | undefined): number[] =>
  Array.from(new BigInt64Array(Uint8Array.from(tensor?.data as Uint8Array).buffer), Number);

describe('syntheticInputs', () => {
  it('gives standard normal floats, the same for the same seed', () => {
    const made = model((e) =>
      e.op('Relu', [e.addInput('x', { kind: 'tensor', dtype: 'float32', dims: [1, 3, 50, 50] })]),
    );
    const bytes = syntheticInputs(made, createRng(3))['x']?.data as Uint8Array;
    expect(bytes).toEqual(syntheticInputs(made, createRng(3))['x']?.data);
    expect(bytes).not.toEqual(syntheticInputs(made, createRng(4))['x']?.data);
    const numbers = new Float32Array(bytes.buffer);
    const mean = numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
    const variance = numbers.reduce((sum, x) => sum + (x - mean) ** 2, 0) / numbers.length;
    // 7,500 samples: standard errors 0.012 and 0.016.
    expect(Math.abs(mean)).toBeLessThan(0.05);
    expect(Math.abs(variance - 1)).toBeLessThan(0.07);
  });

  it('keeps token ids within the table they look up, also through other nodes', () => {
    const made = model((e) => {
      const ids = e.addInput('ids', { kind: 'tensor', dtype: 'int64', dims: [1, 200] });
      const table = e.addConstant('table', float32Tensor([5, 2], new Float32Array(10)));
      return e.op('Gather', [table, e.op('Identity', [ids])]);
    });
    const ids = integers(syntheticInputs(made, createRng(1))['ids']);
    expect(new Set(ids)).toEqual(new Set([0, 1, 2, 3, 4]));
  });

  it('knows masks, token types, positions and sample rates by name', () => {
    const names = ['attention_mask', 'token_type_ids', 'position_ids', 'sr', 'flag'];
    const made = model((e) =>
      e.op(
        'Concat',
        names.map((name) => e.addInput(name, { kind: 'tensor', dtype: 'int64', dims: [4] })),
        {
          axis: { kind: 'int', value: 0 },
        },
      ),
    );
    const feeds = syntheticInputs(made, createRng(1));
    expect(integers(feeds['attention_mask'])).toEqual([1, 1, 1, 1]);
    expect(integers(feeds['token_type_ids'])).toEqual([0, 0, 0, 0]);
    expect(integers(feeds['position_ids'])).toEqual([0, 1, 2, 3]);
    expect(integers(feeds['sr'])).toEqual([16_000, 16_000, 16_000, 16_000]);
    expect(integers(feeds['flag']).every((flag) => flag === 0 || flag === 1)).toBe(true);
  });

  it('refuses an input it knows too little of', () => {
    const made = model((e) =>
      e.op('Identity', [e.addInput('x', { kind: 'other', description: 'seq(float)', opaque: {} })]),
    );
    expect(() => syntheticInputs(made, createRng(1))).toThrow(EngineError);
  });
});
