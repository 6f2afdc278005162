import { describe, expect, it } from 'vitest';
import { withNodeRuntime } from '../../../cli/node-runtime.ts';
import { createRng } from '../../core/index.ts';
import { buildModel, type Model } from '../../graph/index.ts';
import { toModelFile } from '../../onnx/index.ts';
import type { RuntimeTensor } from '../../runtime/index.ts';
import { elementCount } from '../../tensor/index.ts';
import { convWeightGradient } from './conv-weight.ts';
import type { Window } from './window.ts';

/** dL/dw of a Conv in each of its forms, and which configuration takes which, against the sum written out. */
interface Case {
  readonly batch: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly group?: number;
  readonly input: readonly [number, number];
  readonly kernel: readonly [number, number];
  readonly stride?: number;
  readonly dilation?: number;
  /** Above, left; below, right. */
  readonly pads?: readonly [number, number, number, number];
  /** Operators of the form expected, and how many. */
  readonly form: Readonly<Record<string, number>>;
}

const cases: Readonly<Record<string, Case>> = {
  'one tap': c(3, 5, 6, [6, 5], [1, 1], { form: { Gemm: 1, Slice: 0 } }),
  'one tap, stride 2': c(3, 5, 6, [6, 7], [1, 1], { stride: 2, form: { Gemm: 1, Slice: 1 } }),
  'few inputs': c(2, 2, 9, [7, 6], [3, 2], { pads: [1, 0, 1, 1], form: { Gemm: 1, Slice: 6 } }),
  'few inputs, strides, few outputs': c(2, 3, 8, [9, 8], [5, 5], {
    stride: 2,
    pads: [2, 2, 2, 2],
    form: { Gemm: 1, Slice: 25 },
  }),
  'few inputs, strides, many outputs': c(2, 3, 20, [9, 8], [3, 3], {
    stride: 2,
    pads: [1, 1, 0, 0],
    form: { Gemm: 0, Conv: 1 },
  }),
  'per tap': c(3, 5, 6, [7, 6], [3, 3], { pads: [1, 1, 1, 1], form: { Gemm: 9 } }),
  'per tap, few outputs': c(3, 5, 2, [7, 6], [3, 3], { stride: 2, form: { Gemm: 9 } }),
  'per tap, dilation 2': c(3, 7, 4, [7, 6], [2, 3], { dilation: 2, form: { Gemm: 6 } }),
  'per tap, stride 3': c(3, 4, 4, [11, 9], [3, 3], {
    stride: 3,
    pads: [1, 0, 0, 2],
    form: { Gemm: 9, Conv: 0 },
  }),
  'per tap, input that no window touches': c(2, 4, 5, [8, 10], [2, 2], {
    stride: 3,
    form: { Gemm: 4, Conv: 0 },
  }),
  depthwise: c(3, 6, 6, [7, 6], [3, 3], {
    group: 6,
    pads: [1, 1, 1, 1],
    form: { ReduceSum: 10, Conv: 0 },
  }),
  'depthwise, stride 2, dilation 2': c(2, 4, 4, [12, 11], [3, 3], {
    group: 4,
    stride: 2,
    dilation: 2,
    pads: [2, 2, 2, 2],
    form: { ReduceSum: 10, Conv: 0 },
  }),
  'depthwise, two outputs a channel': c(2, 4, 8, [7, 6], [3, 3], { group: 4, form: { Conv: 1 } }),
  'groups, stride 2': c(2, 6, 4, [9, 8], [3, 3], { group: 2, stride: 2, form: { Conv: 1 } }),
};

function c(
  batch: number,
  inputs: number,
  outputs: number,
  input: readonly [number, number],
  kernel: readonly [number, number],
  rest: Omit<Case, 'batch' | 'inputs' | 'outputs' | 'input' | 'kernel'>,
): Case {
  return { batch, inputs, outputs, input, kernel, ...rest };
}

describe('the gradient of a Conv with respect to its weight', () => {
  for (const [name, one] of Object.entries(cases))
    it(name, async () => {
      const window = windowOfCase(one);
      const model = gradientModel(one, window);
      for (const [op, count] of Object.entries(one.form))
        expect(model.graph.nodes.filter((node) => node.opType === op).length, op).toBe(count);
      const rng = createRng(3).fork(name);
      const x = random([one.batch, one.inputs, ...window.input], () => rng.normal());
      const dy = random([one.batch, one.outputs, ...window.output], () => rng.normal());
      const got = await withNodeRuntime(async (runtime) => {
        const session = await runtime.create(toModelFile(model));
        const { dw } = await session.run({ x: fed(x), dy: fed(dy) });
        await session.release();
        return floats(dw as RuntimeTensor);
      });
      const wanted = written(one, window, x.values, dy.values);
      const scale = Math.max(...wanted.map(Math.abs));
      expect(got.length).toBe(wanted.length);
      wanted.forEach((value, i) =>
        expect(Math.abs((got[i] ?? Number.NaN) - value) / scale, `dw[${i}]`).toBeLessThan(2e-6),
      );
    });
});

function windowOfCase(one: Case): Window {
  const { input, kernel, stride = 1, dilation = 1, pads = [0, 0, 0, 0] } = one;
  const output = input.map((size, axis) => {
    const reach = ((kernel[axis] ?? 0) - 1) * dilation + 1;
    return Math.floor((size + (pads[axis] ?? 0) + (pads[axis + 2] ?? 0) - reach) / stride) + 1;
  });
  return {
    input,
    output,
    kernel,
    strides: [stride, stride],
    dilations: [dilation, dilation],
    padBegin: pads.slice(0, 2),
    padEnd: pads.slice(2),
  };
}

const gradientModel = ({ inputs, outputs, group = 1 }: Case, window: Window): Model =>
  buildModel(18, (edit) => {
    const input = (name: string, channels: number, space: readonly number[]) =>
      edit.addInput(name, {
        kind: 'tensor',
        dtype: 'float32',
        dims: ['batch', channels, ...space],
      });
    const x = input('x', inputs, window.input);
    const dy = input('dy', outputs, window.output);
    const weightDims = [outputs, inputs / group, ...window.kernel];
    const dw = convWeightGradient(edit, x, dy, window, weightDims, group);
    edit.rename(dw, 'dw');
    edit.addOutput(dw);
  });

/** The sum as conv-weight.ts states it, in float64. */
function written(one: Case, window: Window, x: Float32Array, dy: Float32Array): number[] {
  const { batch, inputs, outputs, group = 1, stride = 1, dilation = 1 } = one;
  const [height, width] = one.input;
  const [rows = 0, columns = 0] = window.output;
  const [top = 0, left = 0] = window.padBegin;
  const perGroup = inputs / group;
  const sums: number[] = [];
  const xAt = (n: number, channel: number, row: number, column: number): number =>
    row < 0 || row >= height || column < 0 || column >= width
      ? 0
      : (x[((n * inputs + channel) * height + row) * width + column] ?? Number.NaN);
  for (let m = 0; m < outputs; m++)
    for (let channel = 0; channel < perGroup; channel++)
      for (let i = 0; i < one.kernel[0]; i++)
        for (let j = 0; j < one.kernel[1]; j++) {
          const read = Math.floor(m / (outputs / group)) * perGroup + channel;
          let sum = 0;
          for (let n = 0; n < batch; n++)
            for (let row = 0; row < rows; row++)
              for (let column = 0; column < columns; column++)
                sum +=
                  (dy[((n * outputs + m) * rows + row) * columns + column] ?? Number.NaN) *
                  xAt(
                    n,
                    read,
                    row * stride + i * dilation - top,
                    column * stride + j * dilation - left,
                  );
          sums.push(sum);
        }
  return sums;
}

interface Sample {
  readonly dims: readonly number[];
  readonly values: Float32Array;
}

const random = (dims: readonly number[], next: () => number): Sample => ({
  dims,
  values: Float32Array.from({ length: elementCount(dims) }, next),
});

const fed = ({ dims, values }: Sample): RuntimeTensor => ({
  dtype: 'float32',
  dims,
  data: new Uint8Array(values.buffer),
});

const floats = ({ data }: RuntimeTensor): Float32Array => {
  const bytes = data as Uint8Array;
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
};
