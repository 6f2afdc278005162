import { describe, expect, it } from 'vitest';
import { buildModel, type Dim, type Model } from '../graph/index.ts';
import { float32Tensor, type DType } from '../tensor/index.ts';
import { defaultDims } from './default-dims.ts';

type Inputs = Readonly<Record<string, readonly [DType, readonly Dim[]]>>;

const model = (inputs: Inputs, output: readonly Dim[] = [1, 10]): Model =>
  buildModel(17, (e) => {
    for (const [name, [dtype, dims]] of Object.entries(inputs))
      e.addInput(name, { kind: 'tensor', dtype, dims });
    const [first] = e.model.graph.inputs;
    const y = e.op('Identity', [first]);
    e.setType(y, { kind: 'tensor', dtype: 'float32', dims: output });
    e.addOutput(y);
  });

const shapes = (inputs: Inputs, output?: readonly Dim[]): Record<string, readonly number[]> =>
  Object.fromEntries(
    [...defaultDims(model(inputs, output)).shapes].map(([value, dims]) => [value.name, dims]),
  );

describe('defaultDims', () => {
  it('leaves fixed sizes alone', () => {
    expect(shapes({ x: ['float32', [2, 3, 5]] })).toEqual({ x: [2, 3, 5] });
    expect(defaultDims(model({ x: ['float32', [2, 3, 5]] })).assumptions).toEqual([]);
  });

  it.each([
    ['NCHW image', [undefined, 3, undefined, undefined], [1, 3, 224, 224]],
    ['NHWC image', [undefined, 'h', 'w', 3], [1, 224, 224, 3]],
    ['image with one side', ['N', 3, 96, 'W'], [1, 3, 96, 96]],
    ['image without channels', [-1, -1, -1, -1], [1, 3, 224, 224]],
    ['audio', ['batch', undefined], [1, 512]],
    ['state', [2, undefined, 128], [2, 1, 128]],
  ] as const)('%s', (_, dims, expected) => {
    expect(shapes({ x: ['float32', dims] })).toEqual({ x: expected });
  });

  it('keeps images that give images small', () => {
    expect(shapes({ x: ['float32', ['N', 3, 'H', 'W']] }, ['N', 3, 'H2', 'W2'])).toEqual({
      x: [1, 3, 64, 64],
    });
  });

  it('reads tokens from symbols and gives one symbol one size', () => {
    const inputs: Inputs = {
      input_ids: ['int64', ['batch_size', 'max_seq_len_in_batch']],
      attention_mask: ['int64', ['batch_size', 'max_seq_len_in_batch']],
      past: ['float32', ['batch_size', 4, 'past_sequence_length', 8]],
    };
    expect(shapes(inputs)).toEqual({
      input_ids: [1, 8],
      attention_mask: [1, 8],
      past: [1, 4, 0, 8],
    });
  });

  it('takes what the user says, by symbol or by place, and says what it assumed', () => {
    const made = model({ x: ['float32', ['N', 3, 'H', undefined]] });
    const { shapes: chosen, dims, assumptions } = defaultDims(made, { H: 48, 'x:3': 192 });
    expect([...chosen.values()]).toEqual([[1, 3, 48, 192]]);
    expect(dims).toEqual({ N: 1, H: 48, 'x:3': 192 });
    expect(assumptions.map(({ key, kind }) => [key, kind])).toEqual([
      ['N', 'batch'],
      ['H', 'chosen'],
      ['x:3', 'chosen'],
    ]);
  });

  it('does not ask for inputs that have a default', () => {
    const made = buildModel(17, (e) => {
      const w = e.addConstant('w', float32Tensor([1], [1]));
      (e.model.graph.inputs as unknown[]).push(w);
      e.addOutput(e.op('Identity', [w]));
    });
    expect(defaultDims(made).shapes.size).toBe(0);
  });
});
