import { describe, expect, it } from 'vitest';
import { buildModel, intAttribute, type Model } from '../graph/index.ts';
import { float32Tensor, makeTensor } from '../tensor/index.ts';
import type { Measurements } from './measurement.ts';
import { storedBits } from './stored-bits.ts';
import { verdictsFor } from './verdicts.ts';

/** x · dequantize(int8 w) and x · a 4-bit packed weight. */
function compressedModel(): Model {
  return buildModel(21, (edit) => {
    edit.setOpset('com.microsoft', 1);
    const x = edit.addInput('x', { kind: 'tensor', dtype: 'float32', dims: [1, 16] });
    const scale = edit.addConstant('scale', float32Tensor([], [0.5]));
    const weight = edit.addConstant('w', makeTensor('int8', [16, 2], new Uint8Array(32)));
    const wide = edit.op('DequantizeLinear', [weight, scale]);
    const bias = edit.op('DequantizeLinear', [
      edit.addConstant('b', makeTensor('int32', [2], new Uint8Array(8))),
      scale,
    ]);
    edit.addOutput(edit.op('Add', [edit.op('MatMul', [x, wide]), bias]));
    const packed = edit.addConstant('p', makeTensor('uint8', [2, 1, 8], new Uint8Array(16)));
    const scales = edit.addConstant('s', float32Tensor([2], [1, 1]));
    const node = edit.addNode('MatMulNBits', [x, packed, scales], {
      domain: 'com.microsoft',
      attributes: {
        K: intAttribute(16),
        N: intAttribute(2),
        bits: intAttribute(4),
        block_size: intAttribute(16),
      },
    });
    const [output] = node.outputs;
    if (output !== undefined) edit.addOutput(output);
  });
}

const nothing: Omit<Measurements, 'verdicts'> = {
  size: { sizeBytes: 1, gzipBytes: undefined, params: 1, nonzeroParams: 1, macs: undefined },
  latency: undefined,
  accuracy: undefined,
  top5: undefined,
  fidelity: undefined,
};

describe('storedBits', () => {
  it('reads them from DequantizeLinear and MatMulNBits, biases aside', () => {
    expect(storedBits(compressedModel())).toEqual([8, 4]);
  });
});

describe('verdicts on compressed weights', () => {
  const draw = (bits: number, foldDequantize: boolean) =>
    verdictsFor({
      backend: 'wasm',
      steps: [{ method: 'quantize-weights', bits }],
      before: nothing,
      after: nothing,
      model: compressedModel(),
      foldDequantize,
    });

  it('name the weights that take more bits than asked for', () => {
    expect(draw(4, false)).toMatchObject([
      { code: 'bits-stored-in-byte', data: { weights: 1, asked: 4, stored: 8 } },
    ]);
    expect(draw(3, false).map(({ data }) => data)).toEqual([
      { weights: 1, asked: 3, stored: 8 },
      { weights: 1, asked: 3, stored: 4 },
    ]);
    expect(draw(8, false)).toEqual([]);
  });

  it('count those unpacked at load, not what MatMulNBits keeps packed', () => {
    expect(draw(8, true)).toMatchObject([{ code: 'weight-only-folded', data: { weights: 1 } }]);
  });
});
