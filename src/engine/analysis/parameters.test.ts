import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { memorySource, unwrap } from '../core/index.ts';
import {
  buildModel,
  intAttribute,
  type Model,
  type ModelEdit,
  type Value,
} from '../graph/index.ts';
import { readModel } from '../onnx/index.ts';
import {
  elementCount,
  float32Tensor,
  int64Tensor,
  makeTensor,
  packedBytes,
  type DType,
} from '../tensor/index.ts';
import { countNonzero, countParameters } from './parameters.ts';

const floats = (
  e: ModelEdit,
  name: string,
  dims: readonly number[],
  values?: readonly number[],
): Value =>
  e.addConstant(name, float32Tensor(dims, values ?? new Float32Array(elementCount(dims)).fill(1)));
const raw = (
  e: ModelEdit,
  name: string,
  dtype: DType,
  dims: readonly number[],
  bytes?: ArrayLike<number>,
): Value =>
  e.addConstant(
    name,
    makeTensor(
      dtype,
      dims,
      Uint8Array.from(bytes ?? new Uint8Array(packedBytes(dtype, elementCount(dims))).fill(1)),
    ),
  );

function model(build: (e: ModelEdit, x: Value) => Value): Model {
  return buildModel(21, (e) => {
    e.setOpset('com.microsoft', 1);
    const x = e.addInput('x', { kind: 'tensor', dtype: 'float32', dims: undefined });
    e.addOutput(build(e, x));
  });
}
const counts = (made: Model): [number, number] => [countParameters(made).total, countNonzero(made)];

describe('parameters', () => {
  it('are floats read as data; shapes, bounds and scalars are not', () => {
    const made = model((e, x) => {
      const y = e.op('Conv', [x, floats(e, 'w', [4, 3, 3, 3]), floats(e, 'b', [4], [0, 1, 2, 0])]);
      const clipped = e.op('Clip', [y, floats(e, 'lo', [], [0]), floats(e, 'hi', [1], [6])]);
      const scaled = e.op('Mul', [clipped, floats(e, 'half', [], [0.5])]);
      return e.op('Reshape', [scaled, e.addConstant('shape', int64Tensor([2], [1, -1]))]);
    });
    expect(counts(made)).toEqual([4 * 27 + 4, 4 * 27 + 2]);
  });

  it('count once when shared, for the first node that computes with them', () => {
    const made = model((e, x) => {
      const w = floats(e, 'w', [4, 4]);
      const a = e.addNode('MatMul', [x, w], { name: 'first' });
      const b = e.addNode('MatMul', [a.outputs[0], e.op('Transpose', [w])], { name: 'second' });
      return b.outputs[0]!;
    });
    const { total, byNode } = countParameters(made);
    expect(total).toBe(16);
    expect([...byNode].map(([node, count]) => [node.name, count])).toEqual([['first', 16]]);
  });

  it('may stand in Constant nodes, when they are more than a number', () => {
    const made = model((e, x) => {
      const constant = (values: readonly number[]): Value =>
        e.op('Constant', [], {
          value: { kind: 'tensor', value: float32Tensor([values.length], values) },
        });
      return e.op('Add', [e.op('Mul', [x, constant([2])]), constant([1, 0, 3])]);
    });
    expect(counts(made)).toEqual([3, 2]);
  });

  it('behind Q/DQ count once and are zero at their zero point', () => {
    const made = model((e, x) => {
      const w = raw(e, 'w', 'int8', [2, 3], [5, 0, 5, 7, 7, 1]);
      const real = e.op(
        'DequantizeLinear',
        [w, floats(e, 's', [2]), raw(e, 'z', 'int8', [2], [5, 7])],
        { axis: intAttribute(0) },
      );
      const b = e.op('DequantizeLinear', [
        e.addConstant('b', makeTensor('int32', [2], new Uint8Array(Int32Array.of(0, 9).buffer))),
        floats(e, 'bs', []),
      ]);
      return e.addNode('Gemm', [x, real, b], {
        name: 'fc',
        attributes: { transB: intAttribute(1) },
      }).outputs[0]!;
    });
    expect(counts(made)).toEqual([6 + 2, 2 + 1]);
    expect([...countParameters(made).byNode].map(([node, count]) => [node.name, count])).toEqual([
      ['fc', 8],
    ]);
  });

  it('in blocks have a zero point for each block', () => {
    const made = model((e, x) => {
      const w = raw(e, 'w', 'uint8', [4, 2], [1, 2, 1, 9, 3, 4, 3, 4]);
      const zero = raw(e, 'z', 'uint8', [2, 2], [1, 2, 3, 4]);
      const real = e.op('DequantizeLinear', [w, floats(e, 's', [2, 2]), zero], {
        axis: intAttribute(0),
        block_size: intAttribute(2),
      });
      return e.op('MatMul', [x, real]);
    });
    expect(counts(made)).toEqual([8, 1]);
  });

  it('of four bits count elements, not bytes', () => {
    const made = model((e, x) => {
      const real = e.op(
        'DequantizeLinear',
        [raw(e, 'w', 'int4', [3, 3], [0x10, 0x20, 0, 0, 1]), floats(e, 's', [3])],
        {
          axis: intAttribute(1),
        },
      );
      return e.op('MatMul', [x, real]);
    });
    expect(counts(made)).toEqual([9, 3]);
  });

  it('packed in MatMulNBits count N·K, the padding of the last block not', () => {
    const made = model((e, x) => {
      // K = 20 in blocks of 16: two blocks of 8 bytes per row, the second with 4 of 16 used. 8 is zero.
      const packed = Array.from({ length: 2 * 2 * 8 }, () => 0x88);
      packed[0] = 0x89;
      packed[9] = 0x78;
      packed[15] = 0x11; // padding
      packed[16] = 0x00;
      const inputs = [x, raw(e, 'B', 'uint8', [2, 2, 8], packed), floats(e, 'scales', [4])];
      const attributes = {
        K: intAttribute(20),
        N: intAttribute(2),
        bits: intAttribute(4),
        block_size: intAttribute(16),
      };
      return e.addNode('MatMulNBits', inputs, { domain: 'com.microsoft', attributes }).outputs[0]!;
    });
    expect(counts(made)).toEqual([40, 1 + 1 + 2]);
  });

  it('are not the mask of causal attention', () => {
    const made = model((e, x) => {
      const mask = floats(e, 'mask', [2, 2], [0, -1e9, 0, 0]);
      return e.op('Add', [e.op('Add', [x, mask]), floats(e, 'table', [2, 2], [0, -1e9, 1, 0])]);
    });
    expect(counts(made)).toEqual([4, 2]);
  });
});

/** Counts published by the models' authors or frameworks (BatchNorm folded where the file has it folded). */
const published = {
  'imagenet_squeezenet_fp16.onnx': 1_235_496, // torchvision squeezenet1_1
  'imagenet_mobilenet_v2_qdq_badly_calibrated.onnx': 3_504_872 - 17_056, // torchvision mobilenet_v2 without BatchNorm's scales
  'cifar_resnet20_batchnorm.onnx': 269_722 + 2 * 688, // resnet20 (akamaster) and running mean and variance of 688 channels
} as const;

describe('parameters of real models', () => {
  for (const [file, expected] of Object.entries(published)) {
    const url = new URL(`../../../../shared/models/${file}`, import.meta.url);
    it.skipIf(!existsSync(url))(`${file}: as published`, () => {
      const real = unwrap(readModel(memorySource(new Uint8Array(readFileSync(url)), file)));
      expect(countParameters(real).total).toBe(expected);
    });
    if (!existsSync(url)) console.log(`not run: parameters of ${file} (absent)`);
  }
});
